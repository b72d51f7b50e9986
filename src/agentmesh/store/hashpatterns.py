"""The patterns of ``hashFiles``: read, and matched segment by segment on the way down a tree.

Called by :mod:`agentmesh.store.hashfiles`. Follows the patterns of @actions/glob on Linux: ``**``
as a whole segment matches any number of folders, ``*``, ``?`` and ``[…]`` match within a segment,
a backslash escapes, a set of one character is that character, there are no braces. Nothing here
touches the disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

import msgspec

from agentmesh.lang.expr.values import strip

GLOBSTAR = "**"


class Pattern(msgspec.Struct, frozen=True):
    """A pattern as the segments below the root of the file system.

    ``below`` patterns match what lies below what ``segments`` match, and not that itself;
    ``directories`` patterns match nothing that is a file.
    """

    segments: tuple[str, ...]
    negate: bool = False
    directories: bool = False
    below: bool = False


Live = tuple[tuple[Pattern, frozenset[int]], ...]
"""The patterns that may still match below a directory, and how many segments are matched."""


def read(patterns: Sequence[str], workspace: str, home: str | None) -> tuple[Pattern, ...]:
    """The patterns in order, each followed by the one for what lies below its matches."""
    found: list[Pattern] = []
    for line in "\n".join(patterns).split("\n"):
        text = strip(line)
        if not text or text.startswith("#"):
            continue
        pattern = _read_pattern(text, workspace, home)
        found.append(pattern)
        if pattern.directories or pattern.segments[-1:] != (GLOBSTAR,):
            found.append(msgspec.structs.replace(pattern, directories=False, below=True))
    return tuple(found)


def _read_pattern(text: str, workspace: str, home: str | None) -> Pattern:
    bare = text
    negate = False
    while bare.startswith("!"):
        negate = not negate
        bare = strip(bare[1:])
    if not bare:
        raise ValueError("pattern cannot be empty")
    bare = re.sub("//+", "/", bare)
    segments = tuple(segment for segment in bare.split("/") if segment)
    for number, segment in enumerate(segments):
        literal = _literal(segment)
        if literal == ".." or (literal == "." and (number or bare.startswith("/"))):
            raise ValueError(
                f"Invalid pattern '{text}'. Relative pathing '.' and '..' is not allowed."
            )
    return Pattern(
        _from_root(bare, segments, workspace, home), negate, bare.endswith("/") and bare != "/"
    )


def _from_root(
    bare: str, segments: tuple[str, ...], workspace: str, home: str | None
) -> tuple[str, ...]:
    """The segments of a pattern below the root of the file system."""
    if bare.startswith("/"):
        return segments
    if segments[0] == "~":
        if not home:
            raise ValueError("Unable to determine HOME directory")
        return (*map(_escape, split(home)), *segments[1:])
    if segments[0] == ".":
        segments = segments[1:]
    return (*map(_escape, split(workspace)), *segments)


def split(path: str) -> list[str]:
    """The names in an absolute path."""
    return [segment for segment in path.split("/") if segment]


def _escape(segment: str) -> str:
    return re.sub(r"([\\\[?*])", r"\\\1", segment)


def _literal(segment: str) -> str:
    """What a segment stands for if it has no wildcards, else the empty text.

    A set of one character is that character. This decides where a walk starts.
    """
    literal = ""
    at = 0
    while at < len(segment):
        char = segment[at]
        if char == "\\" and at + 1 < len(segment):
            at += 1
            char = segment[at]
        elif char in "*?":
            return ""
        elif char == "[" and (found := _SET.match(segment, at)):
            members = re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL)
            if len(members) > 1:
                return ""
            if members:
                char = members
                at = found.end() - 1
        literal += char
        at += 1
    return literal


_SET = re.compile(r"\[((?:\\.|[^\]])*)\]", re.DOTALL)


@lru_cache(maxsize=4096)
def _matcher(segment: str) -> Callable[[str], object]:
    """Whether a name matches a segment."""
    if not re.search(r"[\\*?\[]", segment):
        return segment.__eq__
    source = ""
    at = 0
    while at < len(segment):
        char = segment[at]
        if char == "*":
            source += "" if source.endswith(".*") and segment[at - 1] == "*" else ".*"
        elif char == "?":
            source += "."
        elif char == "\\" and at + 1 < len(segment):
            at += 1
            source += re.escape(segment[at])
        elif char == "[" and (found := _character_set(segment, at)):
            source += found[0]
            at = found[1] - 1
        else:
            source += re.escape(char)
        at += 1
    return re.compile(source, re.DOTALL).fullmatch


_NEVER = r"(?!)"


def _character_set(segment: str, start: int) -> tuple[str, int] | None:
    """The regular expression of the set that opens at ``start`` and where it ends, if it does."""
    at = start + 1
    negate = segment[at : at + 1] in ("!", "^") and at < len(segment)
    at += negate
    members: list[str] = []
    first = at
    while at < len(segment):
        char = segment[at]
        if char == "]" and at > first:
            return _set_source(members, negate), at + 1
        posix = _POSIX_NAME.match(segment, at)
        if posix and posix[1] in _POSIX_SETS:
            members.append(_POSIX_SETS[posix[1]])
            at = posix.end()
            continue
        low, at = _member(segment, at)
        if segment[at : at + 1] == "-" and segment[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(segment, at + 1)
            if high >= low:
                members.append(f"[{re.escape(low)}-{re.escape(high)}]")
        else:
            members.append(re.escape(low))
    return None


def _member(segment: str, at: int) -> tuple[str, int]:
    if segment[at] == "\\" and at + 1 < len(segment):
        at += 1
    return segment[at], at + 1


def _set_source(members: list[str], negate: bool) -> str:
    if not members:
        return _NEVER
    return f"(?!{'|'.join(members)})." if negate else f"(?:{'|'.join(members)})"


_POSIX_NAME = re.compile(r"\[:([a-z]+):\]")
# As far as Python's expressions tell classes of Unicode apart; the rest is for ASCII.
_POSIX_SETS = {
    "alnum": r"[^\W_]",
    "alpha": r"[^\W\d_]",
    "ascii": r"[\x00-\x7f]",
    "blank": r"[ \t]",
    "cntrl": r"[\x00-\x1f\x7f-\x9f]",
    "digit": r"\d",
    "graph": r"[^\s\x00-\x1f\x7f-\x9f]",
    "lower": r"[a-z]",
    "print": r"[^\x00-\x1f\x7f-\x9f]",
    "punct": r"[!\"\#%&'()*,\-./:;?@\[\\\]_{}]",
    "space": r"\s",
    "upper": r"[A-Z]",
    "word": r"\w",
    "xdigit": r"[A-Fa-f0-9]",
}


def beginning(pattern: Pattern) -> list[str]:
    """The segments of a pattern before its first wildcard, as plain names."""
    names: list[str] = []
    for segment in pattern.segments:
        literal = _literal(segment)
        if not literal:
            break
        names.append(literal)
    return names


def live_at(patterns: tuple[Pattern, ...], directory: list[str]) -> Live:
    """What may still match in a directory, given by its names from the root."""
    live: Live = tuple((pattern, _closed(pattern, {0})) for pattern in patterns)
    for name in directory:
        live = step(live, name)
    return live


def step(live: Live, name: str) -> Live:
    """What may still match below an entry of this name."""
    stepped = []
    for pattern, places in live:
        end = len(pattern.segments)
        reached: set[int] = set()
        for place in places:
            if place == end:
                if pattern.below:
                    reached.add(end)
            elif pattern.segments[place] == GLOBSTAR:
                reached.add(place)
            elif _matcher(pattern.segments[place])(name):
                reached.add(place + 1)
        if reached:
            stepped.append((pattern, _closed(pattern, reached)))
    return tuple(stepped)


def _closed(pattern: Pattern, places: set[int]) -> frozenset[int]:
    """Places in a pattern, and those behind the ``**`` that stand there and may match nothing."""
    for place in sorted(places):
        while place < len(pattern.segments) and pattern.segments[place] == GLOBSTAR:
            place += 1
            places.add(place)
    return frozenset(places)


def may_match_below(live: Live) -> bool:
    """Whether any pattern that includes is still alive."""
    return any(not pattern.negate for pattern, _ in live)


def matches_file(live: Live, name: str) -> bool:
    """Whether the last pattern that matches a file of this name takes it."""
    for pattern, places in reversed(live):
        if not pattern.directories and any(_ends(pattern, place, name) for place in places):
            return not pattern.negate
    return False


def _ends(pattern: Pattern, place: int, name: str) -> bool:
    """Whether a pattern matched up to ``place`` is matched to its end by a file of this name."""
    end = len(pattern.segments)
    if pattern.below or place == end:
        return pattern.below and place == end
    segment, rest = pattern.segments[place], pattern.segments[place + 1 :]
    if segment == GLOBSTAR:
        return not rest
    # `a/**` matches a file `a` too.
    return all(s == GLOBSTAR for s in rest) and bool(_matcher(segment)(name))
