"""Cron expressions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.parse.cron import wrong_cron


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 0 1 1 0",
        "59 23 31 12 6",
        "*/15 0-6,12 1-31/2 JAN-dec mon,WED,fri",
        "5/10 * * * *",
        "0  3 * *  1",
    ],
)
def test_a_cron_expression(text: str) -> None:
    assert not wrong_cron(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/x * * * *",
        "1,,2 * * * *",
        "1-2-3 * * * *",
        "@daily",
        "* * * foo *",
        "-5 * * * *",
        "٣ * * * *",
    ],
)
def test_no_cron_expression(text: str) -> None:
    assert wrong_cron(text)


@given(st.integers(0, 59), st.integers(0, 59))
def test_a_range_goes_upwards(low: int, high: int) -> None:
    assert wrong_cron(f"{low}-{high} * * * *") == (low > high)
