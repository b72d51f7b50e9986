"""Versions and ranges of them, as the set-up actions read them. Pure.

Ranges follow npm's semver (``3.x``, ``>=3.9 <3.13``, ``^20.1``, ``~3.12``, ``1.2 - 1.4``, ``||``);
Python's own spellings of versions (``3.14.0rc1``) and of ranges (``>=3.9,<3.13``, ``~=3.9``) are
turned into those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

T = TypeVar("T")

_VERSION = re.compile(
    r"v?(\d+)\.(\d+)\.(\d+)(?:-?(a|alpha|b|beta|rc|[0-9A-Za-z]+)?\.?(\d+)?)?(?:\+.*)?\Z"
)
_PARTIAL = re.compile(
    r"v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?\Z"
)
_COMPARATOR = re.compile(r"\s*(\^|~>|~|>=|<=|>|<|=)?\s*(\S+)")
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)\Z")
_NAMES = {"a": "alpha", "b": "beta"}


class Version(msgspec.Struct, frozen=True, order=True):
    """A version. ``pre`` is ``("~",)`` for a release, so that it follows its prereleases."""

    major: int
    minor: int = 0
    patch: int = 0
    pre: tuple[str, ...] = ("~",)

    @property
    def is_prerelease(self) -> bool:
        return self.pre != ("~",)

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.is_prerelease:
            text += "-" + ".".join(p.lstrip("0") or "0" if p.isdigit() else p for p in self.pre)
        return text


class Comparator(msgspec.Struct, frozen=True):
    """One bound."""

    op: str
    version: Version

    def allows(self, other: Version) -> bool:
        if self.op == ">=":
            return other >= self.version
        if self.op == "<":
            return other < self.version
        return other != self.version if self.op == "!=" else other == self.version


Range = tuple[tuple[Comparator, ...], ...]
"""Alternatives, each a list of bounds that all hold."""


def parse(text: str) -> Version | None:
    """A complete version, in npm's or in Python's spelling; None for anything else."""
    found = _VERSION.match(text.strip())
    if found is None:
        return None
    major, minor, patch, kind, number = found.groups()
    pre: tuple[str, ...] = ("~",)
    if kind or number:
        pre = tuple(_identifier(p) for p in (_NAMES.get(kind, kind), number) if p)
    return Version(int(major), int(minor), int(patch), pre)


def _identifier(text: str) -> str:
    """A part of a prerelease, so that texts order as npm orders the parts."""
    return text.zfill(8) if text.isdigit() else text


def parse_range(text: str) -> Range | None:
    """A range of npm's semver; None where the text is none."""
    alternatives = []
    for part in text.split("||"):
        bounds = _bounds(part.strip())
        if bounds is None:
            return None
        alternatives.append(bounds)
    return tuple(alternatives)


def _bounds(text: str) -> tuple[Comparator, ...] | None:
    if hyphen := _HYPHEN.match(text):
        low, high = _bound(">=", hyphen[1]), _bound("<=", hyphen[2])
        return None if low is None or high is None else (*low, *high)
    bounds: list[Comparator] = []
    for op, version in _COMPARATOR.findall(text):
        more = _bound(op, version)
        if more is None:
            return None
        bounds.extend(more)
    return tuple(bounds)


def _bound(op: str, text: str) -> tuple[Comparator, ...] | None:
    """The bounds that one comparator of a range stands for."""
    found = _PARTIAL.match(text)
    if found is None:
        return None
    numbers = []
    for part in found.groups()[:3]:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    pre: tuple[str, ...] = ("~",)
    if found[4] and len(numbers) == 3:
        pre = tuple(_identifier(p) for p in found[4].split("."))
    return _expand(op, numbers, pre)


def _expand(op: str, numbers: list[int], pre: tuple[str, ...]) -> tuple[Comparator, ...]:
    if not numbers:
        return (Comparator("<", Version(0, 0, 0, ("",))),) if op in {"<", ">"} else ()
    low = _complete(numbers, pre if len(numbers) == 3 else ("",))
    if op == "^":
        first = next((i for i, n in enumerate(numbers) if n), len(numbers) - 1)
        return (Comparator(">=", low), Comparator("<", _above(numbers[: first + 1])))
    if op in {"~", "~>"}:
        return (Comparator(">=", low), Comparator("<", _above(numbers[:2])))
    if op in {">=", "<"}:
        return (Comparator(op, low),)
    if op == ">":
        return (Comparator(">=", _above(numbers)),) if len(numbers) < 3 else _after(low)
    if op == "<=":
        if len(numbers) < 3:
            return (Comparator("<", _above(numbers)),)
        return (Comparator("<", Version(low.major, low.minor, low.patch, (*low.pre, "~~"))),)
    if len(numbers) == 3:
        return (Comparator("=", low),)
    return (Comparator(">=", low), Comparator("<", _above(numbers)))


def _above(numbers: list[int]) -> Version:
    """The first version, prereleases counted, that does not begin with these numbers."""
    return _complete([*numbers[:-1], numbers[-1] + 1], ("",))


def _complete(numbers: list[int], pre: tuple[str, ...]) -> Version:
    major, minor, patch = (*numbers, 0, 0)[:3]
    return Version(major, minor, patch, pre)


def _after(version: Version) -> tuple[Comparator, ...]:
    return (Comparator(">=", version), Comparator("!=", version))


def satisfies(version: Version, wanted: Range, *, prereleases: bool = False) -> bool:
    """Whether a version lies in a range. A prerelease does only where the range names one of the
    same three numbers, or where ``prereleases`` says that any will do."""
    for bounds in wanted:
        if all(bound.allows(version) for bound in bounds) and (
            prereleases
            or not version.is_prerelease
            or any(
                bound.version.pre not in {("~",), ("",)}
                and _numbers(bound.version) == _numbers(version)
                for bound in bounds
            )
        ):
            return True
    return False


def _numbers(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def newest(
    items: Iterable[T], of: Callable[[T], Version], wanted: Range, *, prereleases: bool = False
) -> T | None:
    """The item with the highest version in a range; the first of equals."""
    best: T | None = None
    for item in items:
        fits = satisfies(of(item), wanted, prereleases=prereleases)
        if fits and (best is None or of(item) > of(best)):
            best = item
    return best


def from_specifier(text: str) -> Range | None:
    """A range in Python's spelling (PEP 440), as in ``requires-python``; None where it is none."""
    bounds: list[Comparator] = []
    for part in text.split(","):
        found = re.match(r"\s*(~=|===?|!=|>=|<=|>|<|\^|~)?\s*v?([0-9][^\s]*)\s*\Z", part)
        if found is None:
            return None
        op, version = found[1] or "==", found[2].removesuffix(".*")
        numbers = version.split(".")
        if op == "!=":
            excluded = parse(version)
            if excluded is None or found[2].endswith(".*"):
                continue  # a whole series: the interpreters at hand decide
            bounds.append(Comparator("!=", excluded))
            continue
        if op == "~=":
            op = "^" if len(numbers) == 2 else "~"
        more = _bound({"==": "=", "===": "="}.get(op, op), version)
        if more is None:
            return None
        bounds.extend(more)
    return (tuple(bounds),)
