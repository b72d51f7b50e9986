"""How one cache key differs from another, for people. Pure; called by missing.py.

Keys are mostly made of words and a hash, as in ``Linux-pip-3.11-<hashFiles>``: the parts between
their separators are compared one by one, and what looks like a hash is called one.
"""

from __future__ import annotations

import re

import msgspec

_PARTS = re.compile(r"[^-_/.:|]+|[-_/.:|]")
_HASH = re.compile(r"[0-9a-f]{32,128}\Z")


class Change(msgspec.Struct, frozen=True):
    """A part of a key (counted from 1) as it was asked for and as it is stored; empty where one
    key has no such part. ``kind`` is hash or text."""

    part: int
    wanted: str
    stored: str
    kind: str

    def __str__(self) -> str:
        if self.kind == "hash":
            return "the hash differs (what hashFiles looked at has changed)"
        if not self.stored:
            return f"{self.wanted!r} is not in it"
        if not self.wanted:
            return f"it has {self.stored!r} besides"
        return f"it has {self.stored!r} where {self.wanted!r} was asked for"


def changes(wanted: str, stored: str) -> list[Change]:
    """The parts in which two keys differ, in order."""
    one, other = _words(wanted), _words(stored)
    found = []
    for index in range(max(len(one), len(other))):
        mine = one[index] if index < len(one) else ""
        theirs = other[index] if index < len(other) else ""
        if mine != theirs:
            hashes = bool(_HASH.match(mine) and _HASH.match(theirs))
            found.append(Change(index + 1, mine, theirs, "hash" if hashes else "text"))
    return found


def closeness(wanted: str, stored: str) -> tuple[int, int]:
    """How near a stored key is: fewer parts that differ, then a longer common beginning."""
    return -len(changes(wanted, stored)), common(wanted, stored)


def common(one: str, other: str) -> int:
    """How many characters two keys begin alike with."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _words(key: str) -> list[str]:
    """The parts of a key. A dotted version such as 3.11 falls apart, and is told as such."""
    return [part for part in _PARTS.findall(key) if len(part) > 1 or part.isalnum()]
