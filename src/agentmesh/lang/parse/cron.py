"""Cron expressions of ``on.schedule``: five fields, as "Workflow syntax" describes them.

Called by :mod:`agentmesh.lang.parse.triggers`.
"""

from __future__ import annotations

import re

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)


def wrong_cron(text: str) -> bool:
    """Whether a text is no cron expression that GitHub takes."""
    parts = re.split(" +", text)
    if len(parts) != len(_FIELDS):
        return True
    return not all(
        _valid_item(item, *field)
        for part, field in zip(parts, _FIELDS, strict=True)
        for item in part.split(",")
    )


def _valid_item(item: str, least: int, most: int, names: list[str]) -> bool:
    base, slash, step = item.partition("/")
    if slash and not (_NUMBER.fullmatch(step) and 0 < int(step) <= most):
        return False
    if base == "*":
        return True
    first, dash, last = base.partition("-")
    low = _number(first, least, names)
    high = _number(last, least, names) if dash else low
    return low is not None and high is not None and least <= low <= high <= most


def _number(text: str, least: int, names: list[str]) -> int | None:
    if text.lower() in names:
        return names.index(text.lower()) + least
    return int(text) if _NUMBER.fullmatch(text) else None
