"""Cron expressions in words, and how often they are due.

Called by the rule about schedules. Follows POSIX cron as "Workflow syntax", ``on.schedule``,
describes it: where both days are restricted, either of them is enough. What is no cron expression
has been refused by :mod:`agentmesh.lang.parse.cron`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec

_MONTHS = "January February March April May June July August September October November December"
_DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MAX_LISTED = 6


class Cron(msgspec.Struct, frozen=True):
    """The fields of a cron expression: all that each of them allows, and how it is written."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    written: tuple[str, ...]

    @property
    def possible(self) -> bool:
        """Whether there is such a day at all: not the 30th of February."""
        if self.written[4] != "*":
            return True
        return any(_LENGTHS[month - 1] >= min(self.days) for month in self.months)

    @property
    def shortest(self) -> int:
        """Minutes between two times that follow each other most closely."""
        gaps = [b - a for a, b in pairwise(self.minutes)]
        if any(after - before == 1 for before, after in self._hours_in_a_row()):
            gaps.append(60 - self.minutes[-1] + self.minutes[0])
        return min(gaps, default=60)

    def _hours_in_a_row(self) -> list[tuple[int, int]]:
        hours = (*self.hours, self.hours[0] + 24)
        return list(pairwise(hours))


def read(text: str) -> Cron | None:
    """The fields of a text, or None where it is no cron expression."""
    parts = text.split()
    if len(parts) != len(_BOUNDS):
        return None
    fields = [_field(part, number) for number, part in enumerate(parts)]
    if not all(fields):
        return None
    minutes, hours, days, months, weekdays = fields
    return Cron(minutes, hours, days, months, weekdays, tuple(parts))


def _field(text: str, number: int) -> tuple[int, ...]:
    """All that a field allows, ascending; nothing where it makes no sense."""
    least, most = _BOUNDS[number]
    found: set[int] = set()
    for item in text.split(","):
        base, slash, step = item.partition("/")
        if slash and not (step.isdecimal() and int(step)):
            return ()
        first, dash, last = base.partition("-")
        low = least if base == "*" else _value(first, number)
        high = (
            most if base == "*" or (slash and not dash) else _value(last if dash else first, number)
        )
        if low is None or high is None:
            return ()
        found.update(range(low, high + 1, int(step) if slash else 1))
    return tuple(sorted(value for value in found if least <= value <= most))


def _value(text: str, number: int) -> int | None:
    if text.isdecimal():
        return int(text)
    names = {3: _MONTHS, 4: _DAYS}.get(number, "").split()
    short = [name[:3].lower() for name in names]
    return short.index(text.lower()) + _BOUNDS[number][0] if text.lower() in short else None


def describe(cron: Cron) -> str:
    """A schedule as a person says it: ``at 05:30 on Mondays in June``."""
    return " ".join(part for part in (_times(cron), _days(cron), _months(cron)) if part)


def _times(cron: Cron) -> str:
    minute, hour = cron.written[:2]
    if hour == "*":
        if minute == "*":
            return "every minute"
        if minute.startswith("*/") and len(cron.minutes) > 1:
            return f"every {minute[2:]} minutes"
        return f"at minute {_list([str(value) for value in cron.minutes])} of every hour"
    if len(cron.minutes) == 1 and hour.startswith("*/") and len(cron.hours) > 1:
        at = f", {cron.minutes[0]} minutes past" if cron.minutes[0] else ""
        return f"every {hour[2:]} hours{at}"
    if len(cron.minutes) * len(cron.hours) <= MAX_LISTED:
        times = [f"{each:02}:{minute:02}" for each in cron.hours for minute in cron.minutes]
        return f"at {_list(times)}"
    minutes = "every minute" if minute == "*" else f"minute {_range(cron.minutes, str)}"
    return f"at {minutes} of hour {_range(cron.hours, str)}"


def _days(cron: Cron) -> str:
    day, weekday = cron.written[2], cron.written[4]
    names = _DAYS.split()
    said = []
    if day != "*":
        said.append(f"on day {_range(cron.days, str)} of the month")
    if weekday != "*":
        said.append(f"on {_range(cron.weekdays, lambda number: names[number])}")
    return " and ".join(said) or ("every day" if cron.written[1] != "*" else "")


def _months(cron: Cron) -> str:
    names = _MONTHS.split()
    if cron.written[3] == "*":
        return ""
    return f"in {_range(cron.months, lambda number: names[number - 1])}"


def _range(values: tuple[int, ...], name: Callable[[int], str]) -> str:
    if len(values) > 2 and values[-1] - values[0] == len(values) - 1:
        return f"{name(values[0])} to {name(values[-1])}"
    return _list([name(value) for value in values])


def _list(texts: list[str]) -> str:
    if len(texts) > 2 * MAX_LISTED:
        texts = [*texts[:MAX_LISTED], "…"]
        return ", ".join(texts)
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
