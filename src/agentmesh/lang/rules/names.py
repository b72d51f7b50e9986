"""Names close to one that is unknown, and lists of names, for messages of rules."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

MAX_NAME = 60
MAX_LISTED = 8
MAX_KNOWN = 60
"""Names that one is compared with, as each comparison takes its time."""


def close(name: str, known: Iterable[str]) -> str:
    """``Did you mean 'x'?`` where one known name is close; else nothing."""
    if not name or len(name) > MAX_NAME:
        return ""
    from difflib import get_close_matches  # only files with problems pay for it

    lowered = {each.lower(): each for each in islice(known, MAX_KNOWN)}
    alike = [each for each in lowered if abs(len(each) - len(name)) <= len(name) // 3]
    found = get_close_matches(name.lower(), alike, n=1, cutoff=0.7)
    return f"Did you mean '{lowered[found[0]]}'?" if found else ""


def close_or_listed(name: str, known: Iterable[str], what: str) -> str:
    """A close name, else all of them where they are few: ``The steps are a, b.``"""
    names = list(known)
    if hint := close(name, names):
        return hint
    if not names:
        return f"There are no {what}."
    more = ", …" if len(names) > MAX_LISTED else ""
    return f"The {what} are {', '.join(names[:MAX_LISTED])}{more}."
