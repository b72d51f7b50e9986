"""Cron expressions in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.cron import describe, read
from agentmesh.lang.parse.cron import wrong_cron

WORDS = {
    "* * * * *": "every minute",
    "*/15 * * * *": "every 15 minutes",
    "30 * * * *": "at minute 30 of every hour",
    "0 0 * * *": "at 00:00 every day",
    "30 5,17 * * *": "at 05:30 and 17:30 every day",
    "0 */6 * * *": "every 6 hours every day",
    "5 */6 * * *": "every 6 hours, 5 minutes past every day",
    "0 9 * * 1-5": "at 09:00 on Monday to Friday",
    "0 9 * * sat,sun": "at 09:00 on Sunday and Saturday",
    "0 0 1 * *": "at 00:00 on day 1 of the month",
    "0 0 1,15 jan-mar *": "at 00:00 on day 1 and 15 of the month in January to March",
    "0 0 13 * 5": "at 00:00 on day 13 of the month and on Friday",
    "*/10 8-17 * * *": "at minute 0, 10, 20, 30, 40 and 50 of hour 8 to 17 every day",
    "* 3 * * *": "at every minute of hour 3 every day",
}


@pytest.mark.parametrize("text", WORDS)
def test_a_schedule_is_told_as_a_person_would(text: str) -> None:
    cron = read(text)
    assert cron is not None
    assert describe(cron) == WORDS[text]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("* * * * *", 1),
        ("*/5 * * * *", 5),
        ("0,3 1 * * *", 3),
        ("59 * * * *", 60),
        ("0,58 * * * *", 2),
        ("0,58 3 * * *", 58),
        ("0 0 * * *", 60),
    ],
)
def test_the_shortest_time_between_two_runs(text: str, minutes: int) -> None:
    cron = read(text)
    assert cron is not None
    assert cron.shortest == minutes


@pytest.mark.parametrize(
    ("text", "possible"),
    [("0 0 30 2 *", False), ("0 0 31 4,6 *", False), ("0 0 29 2 *", True), ("0 0 30 2 1", True)],
)
def test_days_that_never_come(text: str, possible: bool) -> None:
    cron = read(text)
    assert cron is not None
    assert cron.possible is possible


@pytest.mark.parametrize(
    "text", ["", "0 0 * *", "a 0 * * *", "99 0 * * *", "*/0 * * * *", "0 0 * * x"]
)
def test_what_is_no_schedule(text: str) -> None:
    assert read(text) is None


NUMBERS = st.integers(0, 59).map(str)
FIELD = st.one_of(
    st.just("*"),
    NUMBERS,
    st.tuples(NUMBERS, NUMBERS).map("-".join),
    st.tuples(st.sampled_from(("*", "0", "1-3")), st.integers(1, 9).map(str)).map("/".join),
    st.lists(NUMBERS, min_size=2, max_size=3).map(",".join),
)


@given(st.tuples(FIELD, FIELD, FIELD, FIELD, FIELD).map(" ".join))
def test_whatever_github_takes_can_be_told(text: str) -> None:
    if wrong_cron(text):
        return
    cron = read(text)
    assert cron is not None
    assert describe(cron)
    assert 0 < cron.shortest <= 60
