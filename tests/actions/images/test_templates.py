"""Expressions and dates of image tags."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from agentmesh.actions.images import templates
from agentmesh.core.errors import AgentmeshError

AT = datetime(2026, 3, 5, 14, 7, 9, 123456, UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{branch}}-x", "main-x"),
        ("{{ branch }}{{{sha}}}", "mainabc"),
        ("{{unknown}}!", "!"),
        ("{{date 'YYYYMMDD'}}", "20260305"),
        ('{{date "HH:mm" tz="Asia/Tokyo"}}', "23:07"),
        ("{{date}}", "2026-03-05T14:07:09+00:00"),
        ("plain", "plain"),
    ],
)
def test_expressions_are_put_in(text: str, said: str) -> None:
    values = {"branch": "main", "sha": "abc", "date": templates.dates(AT)}
    assert templates.render(text, values) == said


def test_blocks_and_unknown_time_zones_are_refused() -> None:
    with pytest.raises(AgentmeshError, match="block of Handlebars"):
        templates.render("{{#if x}}a{{/if}}", {})
    with pytest.raises(AgentmeshError, match="no time zone"):
        templates.render("{{date 'YYYY' tz='Mars/Base'}}", {"date": templates.dates(AT)})


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        ("YY M D H h m s", "26 3 5 14 2 7 9"),
        ("YYYY.MM.DD-HHmmss", "2026.03.05-140709"),
        ("SSS SS", "123 12"),
        ("MMM MMMM", "Mar March"),
        ("ddd dddd d E", "Thu Thursday 4 4"),
        ("DDD DDDD Do Mo", "64 064 5th 3rd"),
        ("A a hh kk k", "PM pm 02 14 14"),
        ("Z ZZ", "+00:00 +0000"),
        ("X x", "1772719629 1772719629123"),
        ("GGGG-[W]WW", "2026-W10"),
        ("w ww Q Qo", "10 10 1 1st"),
        ("[YYYY]", "YYYY"),
    ],
)
def test_dates_have_moments_format(layout: str, said: str) -> None:
    assert templates.formatted(AT, layout) == said


def test_a_zone_shows_in_the_offset() -> None:
    moved = AT.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    assert templates.formatted(moved, "Z ZZ HH") == "-03:30 -0330 10"


@pytest.mark.parametrize(
    ("day", "week", "iso"),
    [
        ((2026, 1, 1), "1", "1"),
        ((2025, 12, 28), "1", "52"),
        ((2025, 12, 27), "52", "52"),
        ((2023, 1, 1), "1", "52"),
        ((2024, 12, 31), "1", "1"),
    ],
)
def test_weeks_turn_with_the_year(day: tuple[int, int, int], week: str, iso: str) -> None:
    at = datetime(*day, tzinfo=UTC)
    assert templates.formatted(at, "w W") == f"{week} {iso}"


@pytest.mark.parametrize(("number", "said"), [(1, "1st"), (2, "2nd"), (11, "11th"), (23, "23rd")])
def test_days_are_counted_in_english(number: int, said: str) -> None:
    assert templates.formatted(datetime(2026, 1, number, tzinfo=UTC), "Do") == said
