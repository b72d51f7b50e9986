"""Changes to a text by position, so that comments and layout stay what they are.

Made by the rules' ``fix``, applied by :mod:`agentmesh.app.lint`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec


class Edit(msgspec.Struct, frozen=True, order=True):
    """Characters ``start`` to ``end`` (exclusive, from 0) become ``replacement``; an insertion
    where the two are the same."""

    start: int
    end: int
    replacement: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made, none of which may overlap another. Raises ValueError."""
    pieces: list[str] = []
    at = 0
    last: Edit | None = None
    for edit in sorted(edits):
        if last is not None and _touch(last, edit):
            raise ValueError(f"edits overlap at {edit.start}")
        pieces += (text[at : edit.start], edit.replacement)
        at, last = edit.end, edit
    pieces.append(text[at:])
    return "".join(pieces)


def compatible(fixes: Iterable[Sequence[Edit]]) -> list[tuple[int, Sequence[Edit]]]:
    """As many fixes, with their numbers, as go together, the earlier ones first.

    A fix is taken whole or not at all. One that is equal to what is taken already needs nothing
    more, and counts as taken.
    """
    taken: list[Edit] = []
    chosen: list[tuple[int, Sequence[Edit]]] = []
    for number, fix in enumerate(fixes):
        if not fix or _clash(fix, taken):
            continue
        for edit in fix:
            at = bisect_left(taken, edit)
            if at == len(taken) or taken[at] != edit:
                taken.insert(at, edit)
        chosen.append((number, fix))
    return chosen


def _clash(fix: Sequence[Edit], taken: list[Edit]) -> bool:
    """Whether edits touch each other or what is taken, which is sorted and touches nowhere, so that
    only neighbours can."""
    if any(_touch(a, b) for a, b in pairwise(sorted(fix))):
        return True
    for mine in fix:
        at = bisect_left(taken, mine)
        if any(_touch(mine, other) for other in taken[max(0, at - 1) : at + 1] if mine != other):
            return True
    return False


def _touch(one: Edit, other: Edit) -> bool:
    """Whether two edits want the same characters, or insert at the same place."""
    if one.start == other.start:
        return True
    first, second = (one, other) if one.start < other.start else (other, one)
    return second.start < first.end
