"""Which files a cache's ``path`` means: the patterns of actions/cache, made portable.

Pure, but for the walk in tree.py that asks :class:`Matcher` about each name. A line is a file, a
folder (then its whole tree), or a glob with ``*``, ``?``, ``[…]`` and ``**``; ``!`` excludes;
``#`` starts a comment; of several lines that match, the last one decides, for what is below a
folder too. (The published action tells tar to take whole folders, so that an exclusion below a
listed folder is not heeded there; here it is.)

A job's workspace and home are fresh folders, so a path below one of them is kept relative to it
(:class:`Pattern.anchor`): ``~/.cache/pip`` and what ``pip cache dir`` prints are one and the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256

import msgspec

from agentmesh.core.errors import WorkflowError

WORKSPACE, HOME, ROOT = "w", "h", "r"
_GLOB = re.compile(r"[*?\[]")
_ANY = "**"


class Pattern(msgspec.Struct, frozen=True):
    """One line. ``segments`` lead from the anchor's folder to what is meant."""

    anchor: str
    segments: tuple[str, ...]
    exclude: bool = False

    @property
    def fixed(self) -> tuple[str, ...]:
        """The segments before the first that holds a wildcard: where a walk begins."""
        for index, segment in enumerate(self.segments):
            if _GLOB.search(segment):
                return self.segments[:index]
        return self.segments

    def __str__(self) -> str:
        mark = {WORKSPACE: "", HOME: "~/", ROOT: "/"}[self.anchor]
        return ("!" if self.exclude else "") + mark + "/".join(self.segments)


def parse(paths: Iterable[str], workspace: str, home: str) -> tuple[Pattern, ...]:
    """The patterns of a list of paths, each of which may have several lines.

    Raises WorkflowError for ``..`` in a path, and where nothing is included.
    """
    lines = (line.strip() for path in paths for line in path.splitlines())
    patterns = tuple(_pattern(line, workspace, home) for line in lines if line and line[0] != "#")
    if all(pattern.exclude for pattern in patterns):
        raise WorkflowError(
            "no path is given" if not patterns else "every path is an exclusion",
            remedy="name at least one file, folder or pattern",
        )
    return patterns


def version(patterns: Iterable[Pattern]) -> str:
    """What an entry's paths amount to: entries of another version are other entries."""
    text = "\n".join(("1", *map(str, patterns)))
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _pattern(line: str, workspace: str, home: str) -> Pattern:
    exclude = line.startswith("!")
    text = line[1:].strip() if exclude else line
    if text == "~" or text.startswith("~/"):
        text = home + text[1:]
    elif text.startswith("~"):
        raise WorkflowError(
            f"path {line!r}: the home of another user cannot be named",
            remedy="write the folder itself",
        )
    segments = tuple(s for s in text.split("/") if s not in ("", "."))
    if ".." in segments:
        raise WorkflowError(
            f"path {line!r} holds `..`",
            remedy="name what lies below the workspace, or an absolute path, or one with ~",
        )
    if "\0" in text:
        raise WorkflowError("a path holds a null character", remedy="remove it")
    if not text.startswith("/"):
        return Pattern(WORKSPACE, segments, exclude)
    for anchor, folder in ((WORKSPACE, workspace), (HOME, home)):
        base = tuple(s for s in folder.split("/") if s)
        if base and segments[: len(base)] == base:
            return Pattern(anchor, segments[len(base) :], exclude)
    if not segments:
        raise WorkflowError(f"path {line!r} is the whole machine", remedy="name a folder below it")
    return Pattern(ROOT, segments, exclude)


class Matcher:
    """Decides about names during a walk, folder by folder, without looking at whole paths.

    The state of a folder says, for each pattern, how far into it the folder's path may have come,
    and which pattern last spoke for the folder as a whole.
    """

    def __init__(self, patterns: tuple[Pattern, ...], anchor: str) -> None:
        self._patterns = [(i, p) for i, p in enumerate(patterns) if p.anchor == anchor]
        self._excludes = [p.exclude for p in patterns]

    def start(self) -> State:
        """The state of the anchor's folder itself."""
        places = {i: _closure(p.segments, {0}) for i, p in self._patterns}
        return self._decided(State(places, -1))

    def enter(self, state: State, name: str) -> State:
        """The state of what is called ``name`` in a folder with this state."""
        places: dict[int, frozenset[int]] = {}
        for index, pattern in self._patterns:
            now = state.places.get(index)
            if now:
                after = _advance(pattern.segments, now, name)
                if after:
                    places[index] = after
        return self._decided(State(places, state.last))

    def included(self, state: State) -> bool:
        """Whether what has this state belongs to the set."""
        return state.last >= 0 and not self._excludes[state.last]

    def promising(self, state: State) -> bool:
        """Whether something below a folder of this state may belong to the set."""
        if self.included(state):
            return True
        return any(i > state.last and not self._excludes[i] for i in state.places)

    def settled(self, state: State) -> bool:
        """Whether all below a folder of this state belongs to the set, whatever its name."""
        return self.included(state) and not any(
            i > state.last and self._excludes[i] for i in state.places
        )

    def _decided(self, state: State) -> State:
        last = state.last
        for index, pattern in self._patterns:
            if len(pattern.segments) in state.places.get(index, ()):
                last = max(last, index)
        return State(state.places, last)


class State(msgspec.Struct, frozen=True):
    """See :class:`Matcher`."""

    places: dict[int, frozenset[int]]
    last: int


def _closure(segments: tuple[str, ...], places: Iterable[int]) -> frozenset[int]:
    """``**`` may stand for no segment at all."""
    reached = set(places)
    for place in tuple(reached):
        while place < len(segments) and segments[place] == _ANY:
            place += 1
            reached.add(place)
    return frozenset(reached)


def _advance(segments: tuple[str, ...], places: frozenset[int], name: str) -> frozenset[int]:
    after = set()
    for place in places:
        if place == len(segments):
            continue
        if segments[place] == _ANY:
            after.add(place)
        elif _matches(segments[place], name):
            after.add(place + 1)
    return _closure(segments, after)


def _matches(segment: str, name: str) -> bool:
    return segment == name if not _GLOB.search(segment) else bool(_regex(segment).match(name))


@lru_cache(maxsize=512)
def _regex(segment: str) -> re.Pattern[str]:
    """A segment's expression. ``[`` without its end is a character like others."""
    parts = []
    index = 0
    while index < len(segment):
        char = segment[index]
        end = segment.find("]", index + 2) if char == "[" else -1
        if char == "*":
            while segment[index + 1 : index + 2] == "*":
                index += 1
            parts.append(".*")
        elif char == "?":
            parts.append(".")
        elif end > 0:
            inner = segment[index + 1 : end]
            negated = inner[0] in "!^"
            inner = inner[1:] if negated else inner
            parts.append(f"[{'^' if negated else ''}{_escaped(inner)}]")
            index = end
        else:
            parts.append(re.escape(char))
        index += 1
    try:
        return re.compile("".join(parts) + r"\Z", re.DOTALL)
    except re.error:  # a range that runs backwards matches nothing but itself
        return re.compile(re.escape(segment) + r"\Z")


def _escaped(inner: str) -> str:
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", inner)
