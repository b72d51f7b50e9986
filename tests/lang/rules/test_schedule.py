"""Schedules in words."""

from __future__ import annotations

from collections.abc import Callable

Found = Callable[..., list[str]]
RULE = "schedule"
WORKFLOW = "on: {schedule: [{cron: '%s'%s}]}\njobs: {a: {runs-on: x, steps: []}}"


def test_a_schedule_is_told_in_words(found: Found, severities: Found) -> None:
    assert found(RULE, WORKFLOW % ("30 5 * * 1", "")) == [
        "'30 5 * * 1': Due at 05:30 on Monday (UTC)"
    ]
    assert severities(RULE, WORKFLOW % ("30 5 * * 1", "")) == ["info"]


def test_its_time_zone_is_told_too(found: Found) -> None:
    (shown,) = found(RULE, WORKFLOW % ("0 0 1 * *", ", timezone: Europe/Paris"))
    assert shown.endswith("at 00:00 on day 1 of the month (Europe/Paris)")


def test_more_often_than_github_starts_workflows(severities: Found) -> None:
    assert severities(RULE, WORKFLOW % ("* * * * *", "")) == ["warning"]
    assert severities(RULE, WORKFLOW % ("*/5 * * * *", "")) == ["info"]


def test_a_day_that_never_comes(found: Found) -> None:
    (shown,) = found(RULE, WORKFLOW % ("0 0 30 2 *", ""))
    assert "never due" in shown
