r"""GitHub's patterns for branches, tags and paths in ``on``: a language of their own.

Called by :mod:`agentmesh.lang.triggers`. Follows the "Filter pattern cheat sheet" of GitHub's
documentation: ``*`` is anything without a slash, ``**`` anything at all (``**/`` also nothing),
``?`` and ``+`` repeat what stands before them, ``[]`` is one of the characters listed, ``\`` takes
the next character as it is, and ``!`` at the start takes back what earlier patterns gave. No
braces.

A pattern is compiled once. Up to two wildcards make a regular expression, whose work is at most
quadratic in the text; with more of them it could grow without bound, so those patterns run as a set
of states in the bits of a number, in time proportional to text times pattern.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

Matcher = Callable[[str], bool]


class _Atom(msgspec.Struct, frozen=True):
    """One step of a pattern: a character of ``chars`` (or, ``negated``, any other; None is any).

    ``skippable`` steps may be left out, ``repeats`` tells that it may come again and again. A
    ``gate`` takes no character: whoever stands before it may leave out the two steps behind it.
    """

    chars: frozenset[str] | None
    negated: bool = False
    skippable: bool = False
    repeats: bool = False
    gate: bool = False


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern (without its leading ``!``)."""
    return _compiled(pattern)(text)


def selected(patterns: Iterable[str], text: str) -> tuple[bool, str]:
    """Whether a list of patterns selects a text, and the pattern that decided: the last that fits.

    The pattern is empty where none fits.
    """
    chosen, decided = False, ""
    for pattern in patterns:
        if matches(pattern.removeprefix("!"), text):
            chosen, decided = not pattern.startswith("!"), pattern
    return chosen, decided


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Matcher:
    atoms = _atoms(pattern)
    if sum(atom.repeats for atom in atoms) > 2:
        return _states(atoms)
    fits = re.compile(_regex(atoms), re.DOTALL).fullmatch
    return lambda text: fits(text) is not None


def _atoms(pattern: str) -> list[_Atom]:
    """A pattern as steps; ``+`` becomes the step itself and a repeated one."""
    atoms: list[_Atom] = []
    i = 0
    while i < len(pattern):
        char = pattern[i]
        if pattern.startswith("**/", i) and (i == 0 or pattern[i - 1] == "/"):
            atoms.append(_Atom(frozenset(), skippable=True, gate=True))
            atoms.append(_Atom(None, skippable=True, repeats=True))
            atoms.append(_Atom(frozenset("/")))
            i += 3
        elif pattern.startswith("**", i):
            atoms.append(_Atom(None, skippable=True, repeats=True))
            i += 2
        elif char == "*":
            atoms.append(_Atom(frozenset("/"), negated=True, skippable=True, repeats=True))
            i += 1
        elif char in "?+" and atoms:
            _repeat(atoms, char)
            i += 1
        elif char == "[" and "]" in pattern[i + 2 :]:
            end = pattern.index("]", i + 2)
            atoms.append(_Atom(_listed(pattern[i + 1 : end])))
            i = end + 1
        else:
            if char == "\\" and i + 1 < len(pattern):
                i += 1
            atoms.append(_Atom(frozenset(pattern[i])))
            i += 1
    return atoms


def _repeat(atoms: list[_Atom], char: str) -> None:
    last = atoms[-1]
    if last.repeats:
        return  # a wildcard repeated, or perhaps left out, is a wildcard
    if char == "?":
        atoms[-1] = msgspec.structs.replace(last, skippable=True)
    else:
        atoms.append(msgspec.structs.replace(last, skippable=True, repeats=True))


def _listed(text: str) -> frozenset[str]:
    """The characters of ``[a-z_]``."""
    chars: set[str] = set()
    i = 0
    while i < len(text):
        if i + 2 < len(text) and text[i + 1] == "-":
            chars.update(map(chr, range(ord(text[i]), ord(text[i + 2]) + 1)))
            i += 3
        else:
            chars.add(text[i])
            i += 1
    return frozenset(chars)


def _regex(atoms: list[_Atom]) -> str:
    parts: list[str] = []
    for index, atom in enumerate(atoms):
        if atom.gate:
            parts.append("(?:")
            continue
        part = "."
        if atom.chars is not None:
            listed = "".join(re.escape(char) for char in sorted(atom.chars))
            part = f"[{'^' if atom.negated else ''}{listed}]"
        parts.append(part + ("*" if atom.repeats else "?" if atom.skippable else ""))
        if index > 1 and atoms[index - 2].gate:
            parts.append(")?")
    return "".join(parts)


def _states(atoms: list[_Atom]) -> Matcher:
    """The same as a set of states: bit *i* stands for "the first *i* steps are done"."""
    skip = _bits(atom.skippable for atom in atoms)
    loop = _bits(atom.repeats for atom in atoms)
    gate = _bits(atom.gate for atom in atoms)
    accepts: dict[str, int] = {}

    def closed(states: int) -> int:
        while True:
            more = states | (states & skip) << 1 | (states & gate) << 3
            if more == states:
                return states
            states = more

    def accepting(char: str) -> int:
        found = accepts.get(char)
        if found is None:
            found = accepts[char] = _bits(
                atom.chars is None or (char in atom.chars) != atom.negated for atom in atoms
            )
        return found

    def fits(text: str) -> bool:
        states = closed(1)
        for char in text:
            taken = states & accepting(char)
            states = closed((taken & ~loop) << 1 | taken & loop)
            if not states:
                return False
        return bool(states >> len(atoms) & 1)

    return fits


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)
