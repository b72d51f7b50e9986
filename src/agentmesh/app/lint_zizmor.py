"""What zizmor says about workflows and actions, as problems.

Called by :mod:`agentmesh.app.lint_tools`. Follows zizmor's JSON format v1
(https://docs.zizmor.sh/usage/): rows count from 0, and columns count bytes. What one of our own
rules says about the same place is said once, by ours.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from agentmesh.app.lint_program import Failed, Program, failure, in_parts
from agentmesh.core.problem import Problem, Severity, Span
from agentmesh.lang.parse import read
from agentmesh.lang.rules.registry import find
from agentmesh.lang.rules.source import Source

MAX_FILES = 500
"""Files of one call; a command line has an end."""

OURS: dict[str, tuple[str, ...]] = {
    "artipacked": ("persisted-credentials",),
    "bot-conditions": ("bot-condition",),
    "cache-poisoning": ("cache-poisoning",),
    "dangerous-triggers": ("dangerous-checkout",),
    "excessive-permissions": ("excess-permissions",),
    "github-env": ("untrusted-environment-write",),
    "hardcoded-container-credentials": ("container-credentials",),
    "impostor-commit": ("impostor-reference",),
    "insecure-commands": ("insecure-commands",),
    "ref-version-mismatch": ("pin-comment",),
    "secrets-inherit": ("secrets-inherit",),
    "self-hosted-runner": ("self-hosted-runner",),
    "template-injection": ("untrusted-input",),
    "unpinned-images": ("unpinned-action",),
    "unpinned-uses": ("unpinned-action",),
    "unsound-contains": ("unsound-contains", "contains-text"),
}
"""Audit of zizmor's → the rules of ours that look for the same."""

_SEVERITIES: dict[str, Severity] = {"High": "warning", "Medium": "warning"}
_CANNOT_READ = ("failed to validate", "failed to parse", "no audit was performed", "no inputs")


class Point(msgspec.Struct, frozen=True):
    row: int
    column: int


class Place(msgspec.Struct, frozen=True):
    start_point: Point
    end_point: Point


class Concrete(msgspec.Struct, frozen=True):
    location: Place


class Local(msgspec.Struct, frozen=True):
    verbatim_path: str = ""
    given_path: str = ""


class Key(msgspec.Struct, frozen=True):
    local: Local = msgspec.field(name="Local", default=Local())
    stdin: object = msgspec.field(name="Stdin", default=None)


class Symbolic(msgspec.Struct, frozen=True):
    key: Key
    annotation: str = ""
    kind: str = ""


class Location(msgspec.Struct, frozen=True):
    symbolic: Symbolic
    concrete: Concrete


class Determinations(msgspec.Struct, frozen=True):
    severity: str = ""


class Fix(msgspec.Struct, frozen=True):
    title: str = ""


class Finding(msgspec.Struct, frozen=True):
    """One finding. ``locations`` hold the primary one and what belongs to it."""

    ident: str
    desc: str
    locations: tuple[Location, ...]
    url: str = ""
    determinations: Determinations = Determinations()
    ignored: bool = False
    fixes: tuple[Fix, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    """A problem with the lines, first and last, that zizmor marks for it."""

    problem: Problem
    lines: tuple[tuple[int, int], ...] = ()

    def marks(self, line: int) -> bool:
        return any(first <= line <= last for first, last in self.lines)


class _Input(msgspec.Struct, frozen=True):
    """A file with the path that zizmor is given for it."""

    path: str
    file: Source


def findings(program: Program, files: Sequence[Source]) -> list[Problem]:
    """What zizmor finds in files; texts that are not saved are checked in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="agentmesh-lint-") as folder:
        given = [
            _Input(_path(program, file, folder, number), file)
            for number, file in enumerate(files)
            if file.root is not None
        ]
        found: list[_Found] = []
        for start in range(0, len(given), MAX_FILES):
            part = given[start : start + MAX_FILES]
            found += in_parts(part, partial(_ask, program), partial(_fail, program))
    return _without_ours(found, files)


def _path(program: Program, file: Source, folder: str, number: int) -> str:
    """The file's own path if it holds this text, else that of a copy."""
    own = os.path.join(program.directory, file.path)
    try:
        with open(own, "rb") as opened:
            saved = opened.read().decode().removeprefix("\ufeff") == file.text
    except (OSError, UnicodeDecodeError):
        saved = False
    if saved:
        return own
    place = os.path.join(folder, str(number), ".github", "workflows")
    if file.kind == "action":
        place = os.path.join(folder, str(number))
    os.makedirs(place)
    copy = os.path.join(place, "action.yml" if file.kind == "action" else "workflow.yml")
    with open(copy, "w", encoding="utf-8", newline="") as opened_copy:
        opened_copy.write(file.text)
    return copy


def _ask(program: Program, given: Sequence[_Input]) -> list[_Found]:
    output = program.run(
        *("--offline", "--quiet", "--no-progress", "--no-exit-codes", "--strict-collection"),
        *("--color=never", "--format=json-v1", "--"),
        *(each.path for each in given),
        characters=sum(len(each.file.text) for each in given),
    )
    try:
        found = msgspec.json.decode(output, type=list[Finding])
    except msgspec.DecodeError as error:
        raise Failed(f"its answer cannot be read: {error}") from None
    by_path = {each.path: (each.file, each.file.text.split("\n")) for each in given}
    return [
        _Found(problem, tuple(_lines(each)))
        for each in found
        if not each.ignored and (problem := _problem(each, by_path)) is not None
    ]


def _lines(finding: Finding) -> Iterator[tuple[int, int]]:
    for each in finding.locations:
        if each.symbolic.kind != "Hidden":
            place = each.concrete.location
            yield place.start_point.row + 1, place.end_point.row + 1


def _fail(program: Program, given: _Input, why: str) -> Iterator[_Found]:
    file = given.file
    if any(word in why for word in _CANNOT_READ):
        if read(file.text, file.path, file.kind).failed:
            return  # what is wrong with it has been told
        why = f"it cannot read this file ({why})"
    yield _Found(failure(program, file, why))


def _problem(finding: Finding, by_path: dict[str, tuple[Source, list[str]]]) -> Problem | None:
    """A finding at its primary place; None for one in a file that was not asked about."""
    primary = next((each for each in finding.locations if each.symbolic.kind == "Primary"), None)
    if primary is None:
        primary = next(iter(finding.locations), None)
    if primary is None:
        raise Failed(f"its finding '{finding.ident}' has no place")
    local = primary.symbolic.key.local
    known = by_path.get(local.verbatim_path or local.given_path)
    if known is None:
        return None
    file, lines = known
    what = finding.desc
    if primary.symbolic.annotation and primary.symbolic.annotation != what:
        what = f"{what}: {primary.symbolic.annotation}"
    remedy = next((fix.title for fix in finding.fixes if fix.title), "")
    return Problem(
        rule=f"zizmor/{finding.ident}",
        span=_span(file.path, lines, primary.concrete.location),
        message=what,
        severity=_SEVERITIES.get(finding.determinations.severity, "info"),
        help=f"{remedy[0].upper()}{remedy[1:]}." if remedy else f"See {finding.url}",
        url=finding.url,
    )


def _span(path: str, lines: list[str], place: Place) -> Span:
    start, end = place.start_point, place.end_point
    if not 0 <= start.row <= end.row < len(lines):
        raise Failed(f"it names line {start.row + 1} of {len(lines)}")
    column = _column(lines[start.row], start.column)
    if start.row != end.row:
        return Span(path, start.row + 1, column)
    return Span(path, start.row + 1, column, end.row + 1, _column(lines[end.row], end.column))


def _column(line: str, byte: int) -> int:
    return len(line.encode()[:byte].decode(errors="ignore")) + 1


def _without_ours(found: list[_Found], files: Sequence[Source]) -> list[Problem]:
    """The findings about which no rule of ours says something in a line that they mark."""
    by_path = {file.path: file for file in files}
    told: dict[tuple[str, str], set[int]] = {}
    left: list[Problem] = []
    for each in found:
        problem = each.problem
        file = by_path[problem.span.file]
        key = (file.path, problem.rule)
        if key not in told:
            told[key] = set(_lines_of_ours(file, problem.rule.partition("/")[2]))
        if not any(map(each.marks, told[key])):
            left.append(problem)
    return left


def _lines_of_ours(file: Source, audit: str) -> Iterator[int]:
    for rule in OURS.get(audit, ()):
        module = find(rule)
        if module is not None:
            yield from (problem.span.line for problem in module.check(file))
