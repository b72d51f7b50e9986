"""Regular expressions as problem matchers write them (ECMAScript), made into Python's.

Pure; called by :mod:`agentmesh.engine.matchers` alone. Python's engine can't be given a time limit,
so a pattern that repeats a repetition without anything to tell the rounds apart, ``(a+)+``, is
refused: the time that it takes could double with each character of a line.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

import msgspec

_ASCII = frozenset(map(chr, range(128)))
_KEPT = frozenset("bBdDsSwWfnrtvxu0123456789A")
_LETTERS = {"a": r"\x07", "e": r"\x1b", "z": r"\Z", "Z": r"\Z"}
_QUANTIFIER = re.compile(r"[*+?]\??|\{\d+(?:,\d*)?\}\??")
_UNBOUNDED = re.compile(r"[*+]|\{\d+,\}")


class PatternError(ValueError):
    """A pattern that is no regular expression, or one that could take for ever."""


class _Group(msgspec.Struct):
    """A group while it is read. ``sets`` are the characters of what it repeats without bound,
    ``fences`` those of single characters that each round must hold."""

    sets: list[frozenset[str]]
    fences: list[frozenset[str]]
    alternatives: bool = False


@lru_cache(maxsize=256)
def compile_pattern(source: str) -> re.Pattern[str]:
    """The compiled pattern; ``\\d``, ``\\w`` and ``\\s`` are ASCII. Raises PatternError."""
    translated = _Reader(source).translate()
    try:
        return re.compile(translated, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"Invalid pattern '{source}'. {error}") from error


class _Reader:
    """Reads a pattern once from left to right, translating and judging it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out: list[str] = []
        self._groups = [_Group([], [])]

    def translate(self) -> str:
        source = self._source
        while self._at < len(source):
            character = source[self._at]
            if character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character == "|":
                self._groups[-1].alternatives = True
                self._take(1)
            elif character in "^$":
                self._take(1)
            else:
                self._atom(self._read_atom())
        return "".join(self._out)

    def _take(self, length: int) -> None:
        self._out.append(self._source[self._at : self._at + length])
        self._at += length

    def _open(self) -> None:
        self._groups.append(_Group([], []))
        named = re.compile(r"\(\?<([A-Za-z_$][\w$]*)>").match(self._source, self._at)
        if named:
            self._out.append(f"(?P<{named[1].replace('$', '_')}>")
            self._at = named.end()
        else:
            prefix = re.compile(r"\(\?(?::|=|!|<=|<!|>)|\(").match(self._source, self._at)
            self._take(len(prefix[0]) if prefix else 1)

    def _close(self) -> None:
        self._take(1)
        group = self._groups.pop() if len(self._groups) > 1 else self._groups[0]
        quantifier = self._quantifier()
        outer = self._groups[-1]
        if _UNBOUNDED.match(quantifier) and group.sets and not _told_apart(group):
            raise PatternError(
                f"The pattern '{self._source}' repeats a repetition: matching a line could take "
                "for ever. Write it so that each round begins or ends with a character of its own"
            )
        outer.sets.extend(group.sets)
        if not group.alternatives and not quantifier.startswith(("*", "?", "{0")):
            outer.fences.extend(group.fences)

    def _atom(self, translated: str) -> None:
        self._out.append(translated)
        quantifier = self._quantifier()
        characters = _characters(translated)
        if _UNBOUNDED.match(quantifier):
            self._groups[-1].sets.append(characters)
        if not quantifier.startswith(("*", "?", "{0")):
            self._groups[-1].fences.append(characters)

    def _quantifier(self) -> str:
        found = _QUANTIFIER.match(self._source, self._at)
        if found is None:
            return ""
        self._take(len(found[0]))
        return found[0]

    def _read_atom(self) -> str:
        character = self._source[self._at]
        if character == "\\":
            return self._escape()
        if character == "[":
            return self._set()
        self._at += 1
        return "\\{" if character == "{" else character

    def _escape(self) -> str:
        source, at = self._source, self._at
        if named := re.compile(r"\\k<([^>]+)>").match(source, at):
            self._at = named.end()
            return f"(?P={named[1]})"
        if control := re.compile(r"\\c([A-Za-z])").match(source, at):
            self._at = control.end()
            return f"\\x{ord(control[1]) % 32:02x}"
        coded = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[0-9]+)").match(source, at)
        length = len(coded[0]) if coded else 2
        self._at += length
        text = source[at : at + length]
        letter = text[1:2]
        if coded or (letter in _KEPT and letter not in "xu") or letter not in string.ascii_letters:
            return text
        return _LETTERS.get(letter, letter)

    def _set(self) -> str:
        """A character class. Python warns of ``[``, ``--``, ``&&``, ``~~`` and ``||`` in one."""
        source = self._source
        if source.startswith("[^]", self._at):
            self._at += 3
            return r"[\s\S]"
        out = ["[^" if source.startswith("[^", self._at) else "["]
        self._at += len(out[0])
        while self._at < len(source) and source[self._at] != "]":
            character = source[self._at]
            if character == "\\":
                out.append(self._escape())
                continue
            out.append("\\" + character if character in "[&~|" else character)
            self._at += 1
        if self._at >= len(source):
            raise PatternError(f"Invalid pattern '{source}'. Unterminated [] set.")
        self._at += 1
        return "".join(out) + "]"


def _told_apart(group: _Group) -> bool:
    """Whether each round holds a character that nothing repeated in it can swallow."""
    if group.alternatives:
        return False
    return any(
        all(fence is repeated or not fence & repeated for repeated in group.sets)
        and sum(1 for repeated in group.sets if repeated is fence) <= 1
        for fence in group.fences
        if fence
    )


@lru_cache(maxsize=512)
def _characters(atom: str) -> frozenset[str]:
    """The ASCII characters that an atom matches; all of them where that can't be told."""
    try:
        regex = re.compile(atom, re.ASCII)
    except re.error:
        return _ASCII
    return frozenset(c for c in _ASCII if regex.fullmatch(c))
