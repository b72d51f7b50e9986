"""Regular expressions as problem matchers write them (ECMAScript), made into Python's.

Pure; called by :mod:`agentmesh.engine.matchers` alone. Python's engine can't be given a time limit,
so a pattern is refused when the time that it takes could double with each character of a line:
when what is repeated can be read in two ways, ``(a+)+`` or ``(a|.)*``. The judgement errs towards
safety.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

import msgspec

_ANY = frozenset((*map(chr, range(128)), "é"))  # which stands for all that is not ASCII
_KEPT = frozenset("bBdDsSwWfnrtvxu0123456789A")
_LETTERS = {"a": r"\x07", "e": r"\x1b", "z": r"\Z", "Z": r"\Z"}
_QUANTIFIER = re.compile(r"[*+?]\??|\{\d+(?:,\d*)?\}\??")
_MANY = 10
"""A bound that is no better than none: ``(a+){1,30}``."""


class PatternError(ValueError):
    """A pattern that is no regular expression, or one that could take for ever."""


class _Group(msgspec.Struct):
    """A group while it is read; its parts are numbered, their values the characters they match."""

    kind: str
    repeated: dict[int, frozenset[str]] = msgspec.field(default_factory=dict)
    """Parts that may stand there any number of times."""
    certain: dict[int, frozenset[str]] = msgspec.field(default_factory=dict)
    """Parts that must stand there."""
    firsts: list[frozenset[str]] = msgspec.field(default_factory=list)
    """By alternative, what it can begin with."""
    characters: frozenset[str] = frozenset()
    beginning: bool = True

    def add(self, number: int, characters: frozenset[str], quantifier: str) -> None:
        """Take a part."""
        certain = not quantifier.startswith(("*", "?", "{0"))
        if _unbounded(quantifier):
            self.repeated[number] = characters
        if certain:
            self.certain[number] = characters
        self.begin(characters if certain else _ANY)
        self.characters |= characters

    def begin(self, characters: frozenset[str]) -> None:
        """Note how the alternative begins, if this is its beginning."""
        if self.beginning:
            self.firsts.append(characters)
            self.beginning = False

    def readable_in_one_way(self) -> bool:
        """Whether one knows, reading a repetition of the group, where a round ends."""
        if len(self.firsts) > 1:
            apart = sum(map(len, self.firsts)) == len(frozenset().union(*self.firsts))
            return apart and not self.repeated
        return not self.repeated or any(map(self._marks_a_round, self.certain))

    def _marks_a_round(self, number: int) -> bool:
        """Whether a part can't be taken for another, nor run together with the next round's."""
        mine = self.certain[number]
        others = [chars for n, chars in self.repeated.items() if n != number]
        return all(not mine & chars for chars in others) and (
            number not in self.repeated
            or any(not mine & chars for n, chars in self.certain.items() if n != number)
        )


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
        self._groups = [_Group("(")]
        self._parts = 0

    def translate(self) -> str:
        source = self._source
        while self._at < len(source):
            character = source[self._at]
            if character == "(":
                self._open()
            elif character == ")":
                self._close()
            elif character == "|":
                self._groups[-1].begin(_ANY)
                self._groups[-1].beginning = True
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
        named = re.compile(r"\(\?<([A-Za-z_$][\w$]*)>").match(self._source, self._at)
        if named:
            self._groups.append(_Group("("))
            self._out.append(f"(?P<{named[1].replace('$', '_')}>")
            self._at = named.end()
            return
        opening = re.compile(r"\((?:\?(?::|=|!|<=|<!|>))?").match(self._source, self._at)
        kind = opening[0] if opening else "("
        self._groups.append(_Group(kind))
        self._take(len(kind))

    def _close(self) -> None:
        self._take(1)
        group = self._groups.pop() if len(self._groups) > 1 else self._groups[0]
        group.begin(_ANY)
        quantifier = self._quantifier()
        outer = self._groups[-1]
        if group.kind in ("(?=", "(?!", "(?<=", "(?<!"):
            return  # they take no characters
        if _unbounded(quantifier):
            if not group.readable_in_one_way():
                raise PatternError(
                    f"The pattern '{self._source}' repeats what can be read in two ways: matching "
                    "a line could take for ever. Give each round a character of its own"
                )
            self._add(group.characters, quantifier)
            return
        certain = not quantifier.startswith(("?", "{0")) and len(group.firsts) == 1
        outer.repeated |= group.repeated
        if certain:
            outer.certain |= group.certain
        whole = len(group.firsts) > 1 or certain
        outer.begin(frozenset().union(*group.firsts) if whole else _ANY)
        outer.characters |= group.characters

    def _add(self, characters: frozenset[str], quantifier: str) -> None:
        self._parts += 1
        self._groups[-1].add(self._parts, characters, quantifier)

    def _atom(self, translated: str) -> None:
        self._out.append(translated)
        self._add(_characters(translated), self._quantifier())

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
        if not letter:
            raise PatternError(f"Invalid pattern '{source}'. Illegal \\ at end of pattern.")
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


def _unbounded(quantifier: str) -> bool:
    """Whether a quantifier allows any number of times, or so many that it makes no difference."""
    if quantifier.startswith("{"):
        most = quantifier.rstrip("?").strip("{}").rpartition(",")[2]
        return not most or int(most[:9]) >= _MANY
    return quantifier.startswith(("*", "+"))


@lru_cache(maxsize=512)
def _characters(atom: str) -> frozenset[str]:
    """The characters that an atom matches; all of them where that can't be told."""
    if not atom.isascii():
        return _ANY
    try:
        regex = re.compile(atom, re.ASCII)
    except re.error:
        return _ANY
    return frozenset(c for c in _ANY if regex.fullmatch(c))
