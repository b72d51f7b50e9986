"""Problem matchers: patterns that find errors and warnings in a tool's output.

Pure: the JSON of a matcher file in, issues out. Called by :mod:`agentmesh.engine.stream`, which
registers matchers on ``::add-matcher::`` and asks them about each line. Follows the official
runner's ``IssueMatcher`` and ``OutputManager``. The runner gives a regular expression a second per
line; here a line is bounded (:data:`LONGEST_LINE`) and patterns whose time could double with each
character are refused when they are read (:mod:`agentmesh.engine.js_regex`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

LONGEST_LINE = 2048
"""Characters. Longer lines are not matched: time grows with a power of the length."""
PATIENCE = 1.0
"""Seconds that a matcher may take for a line."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m?")
_LEVELS: dict[str, Level] = {
    "": "error",
    "error": "error",
    "warning": "warning",
    "notice": "notice",
}
_FIELDS = ("file", "line", "column", "severity", "code", "message", "fromPath")

Level = Literal["error", "warning", "notice"]


class MatcherError(Exception):
    """A matcher file that cannot be used, in GitHub's words."""


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """What a matcher found; ``log`` is the line without colours."""

    level: Level
    message: str
    log: str
    file: str = ""
    line: int = 0
    column: int = 0
    code: str = ""
    from_path: str = ""


class _Pattern(msgspec.Struct, frozen=True):
    """A ``pattern`` entry of a matcher file."""

    regexp: str = ""
    file: int | None = None
    line: int | None = None
    column: int | None = None
    severity: int | None = None
    code: int | None = None
    message: int | None = None
    fromPath: int | None = None  # noqa: N815 - the name in the file
    loop: bool = False


class _Config(msgspec.Struct, frozen=True):
    owner: str = ""
    severity: str | None = None
    pattern: tuple[_Pattern, ...] = ()


class _File(msgspec.Struct, frozen=True):
    problemMatcher: tuple[_Config, ...] = ()  # noqa: N815 - the name in the file


Found = dict[str, str]
"""Field → text, as far as the patterns up to here have set it."""


class Matcher:
    """One matcher with what it remembers of the lines before (patterns over several lines)."""

    def __init__(
        self, owner: str, severity: str, patterns: tuple[tuple[re.Pattern[str], _Pattern], ...]
    ) -> None:
        self.owner = owner
        self._severity = severity
        self._patterns = patterns
        self._running: list[Found | None] = [None] * (len(patterns) - 1)

    def reset(self) -> None:
        """Forget the lines before."""
        self._running = [None] * (len(self._patterns) - 1)

    def match(self, line: str) -> Found | None:
        """What all patterns together have found, when the last one matches this line."""
        last = len(self._patterns) - 1
        for i in range(last, -1, -1):
            before = self._running[i - 1] if i else {}
            if before is None:
                continue
            regex, pattern = self._patterns[i]
            found = regex.search(line)
            if i < last:
                self._running[i] = None if found is None else _with(before, found, pattern)
            elif found is None:
                if i:
                    self._running[i - 1] = None
            else:
                self.reset()
                if pattern.loop and i:
                    self._running[i - 1] = before
                return {"severity": self._severity, **_with(before, found, pattern)}
        return None


class Matchers:
    """The matchers of one job. The steps of a job share it; later ones are asked first.

    ``clock`` gives seconds that only grow: a matcher that takes more than one for a line is
    dropped, and :attr:`dropped` names it.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self.dropped: list[str] = []
        self._clock = clock or (lambda: 0.0)
        self._matchers: list[Matcher] = []

    def __bool__(self) -> bool:
        """Whether any line could match."""
        return bool(self._matchers)

    def add(self, matchers: Iterable[Matcher]) -> None:
        """Register matchers; each takes the place of one with the same owner."""
        for matcher in matchers:
            self.remove(matcher.owner)
            self._matchers.insert(0, matcher)

    def remove(self, owner: str) -> None:
        """Drop an owner's matcher, if there is one; owners ignore case."""
        self._matchers = [m for m in self._matchers if m.owner.lower() != owner.lower()]

    def match(self, line: str) -> Issue | None:
        """The issue that a line completes, or None."""
        if "\x1b[" in line:
            line = _COLOURS.sub("", line)
        if len(line) > LONGEST_LINE:
            return None
        for matcher in self._matchers:
            begun = self._clock()
            found = matcher.match(line)
            if self._clock() - begun > PATIENCE:
                self.remove(matcher.owner)
                self.dropped.append(matcher.owner)
            if found is None:
                continue
            for other in self._matchers:
                if other is not matcher:
                    other.reset()
            if (issue := _issue(found, line)) is not None:
                return issue
        return None


def read(text: str) -> tuple[Matcher, ...]:
    """The matchers of a matcher file. Raises MatcherError."""
    try:
        file = msgspec.json.decode(text.removeprefix("\ufeff"), type=_File, strict=False)
    except msgspec.DecodeError as error:
        raise MatcherError(str(error)) from error
    owners: set[str] = set()
    matchers: list[Matcher] = []
    for config in file.problemMatcher:
        matchers.append(_matcher(config))
        if config.owner.lower() in owners:
            raise MatcherError(f"Duplicate owner name '{config.owner}'")
        owners.add(config.owner.lower())
    return tuple(matchers)


def _matcher(config: _Config) -> Matcher:
    from agentmesh.engine.js_regex import PatternError, compile_pattern

    owner, severity = config.owner, config.severity or ""
    if not owner:
        raise MatcherError("Owner must not be empty")
    if severity.lower() not in _LEVELS:
        raise MatcherError(f"Matcher '{owner}' contains unexpected default severity '{severity}'")
    if not config.pattern:
        raise MatcherError(f"Matcher '{owner}' does not contain any patterns")
    fields: set[str] = set()
    patterns: list[tuple[re.Pattern[str], _Pattern]] = []
    for i, pattern in enumerate(config.pattern):
        if pattern.loop and (i == 0 or i < len(config.pattern) - 1):
            raise MatcherError("Only the last pattern in a multiline matcher may set 'loop'")
        if pattern.loop and pattern.message is None:
            raise MatcherError("The loop pattern must set 'message'")
        try:
            regex = compile_pattern(pattern.regexp)
        except PatternError as error:
            raise MatcherError(f"Matcher '{owner}': {error}") from error
        _check_groups(pattern, regex.groups, fields)
        patterns.append((regex, pattern))
    if "message" not in fields:
        raise MatcherError("At least one pattern must set 'message'")
    return Matcher(owner, severity, tuple(patterns))


def _check_groups(pattern: _Pattern, groups: int, fields: set[str]) -> None:
    for name in _FIELDS:
        group: int | None = getattr(pattern, name)
        if group is None:
            continue
        if name in fields:
            raise MatcherError(f"The property '{name}' is set twice")
        if not 0 <= group <= groups:
            raise MatcherError(
                f"The property '{name}' is set to {group} which is greater than or equal to the "
                f"number of capture groups, {groups + 1}"
            )
        fields.add(name)


def _with(before: Found, match: re.Match[str], pattern: _Pattern) -> Found:
    found: Found = {}
    for name in _FIELDS:
        group: int | None = getattr(pattern, name)
        if group is not None and (text := match.group(group)):
            found[name] = text
    return {**found, **before}


def _issue(found: Found, line: str) -> Issue | None:
    message = found.get("message", "")
    level = _LEVELS.get(found.get("severity", "").lower())
    if not message.strip() or level is None:
        return None
    return Issue(
        level=level,
        message=message,
        log=line,
        file=found.get("file", ""),
        line=_number(found.get("line", "")),
        column=_number(found.get("column", "")),
        code=found.get("code", "").strip(),
        from_path=found.get("fromPath", ""),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
