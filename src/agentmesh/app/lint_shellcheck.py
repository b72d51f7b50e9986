"""What shellcheck says about the scripts of workflows and actions, as problems.

Called by :mod:`agentmesh.app.lint_tools`. Each script for bash or sh is written to a file of its
own, with a word of the same length in the place of each expression, so that a place in it is a
place in the workflow. Follows shellcheck's format json1 and GitHub's default shells, which stop at
the first command that fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import partial

import msgspec

from agentmesh.app.lint_program import Failed, Program, failure, in_parts
from agentmesh.core.problem import Problem, Severity
from agentmesh.lang.model import Job, Step, Text
from agentmesh.lang.rules import tool_failed
from agentmesh.lang.rules.source import Source
from agentmesh.lang.shell import POSIX, expressions, nesting, neutral, shell_of

MAX_SCRIPTS = 400
"""Scripts of one call; a command line has an end."""

MAX_LENGTH = 10_000
MAX_NESTING = 6
"""Characters of a script, and commands within each other, that shellcheck is asked about."""

NOT_ASKED = ("1090", "1091", "1128", "2154")
"""Codes that cannot apply: files that are sourced lie in the job's workspace, the first line is
ours, and variables come from ``env``."""

_OF_CONSTANTS = frozenset(
    (2016, 2043, 2050, 2072, 2078, 2151, 2152, 2157, 2170, 2193, 2194, 2195, 2242)
)
"""Codes about what never changes: in a line with an expression they speak of the word that stands
in its place."""

_SEVERITIES: dict[str, Severity] = {"error": "warning", "warning": "warning"}
_SEEMS_SYNTAX = range(1000, 2000)


class Comment(msgspec.Struct, frozen=True, rename="camel"):
    """One finding of shellcheck's; lines and columns count from 1."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    level: str
    code: int
    message: str


class Answer(msgspec.Struct, frozen=True):
    """What format json1 prints."""

    comments: tuple[Comment, ...]


class Script(msgspec.Struct, frozen=True):
    """A script with the file that holds it."""

    file: Source
    text: Text
    head: str
    """The line that says which shell reads it, and how."""
    body: str
    """What shellcheck reads below the head."""
    starts: tuple[int, ...]
    """Where the lines of the body start, and where it ends."""
    spots: tuple[tuple[int, int], ...]
    """Where expressions were."""


def findings(program: Program, files: Sequence[Source]) -> list[Problem]:
    """What shellcheck finds in the scripts of files, on all cores."""
    from concurrent.futures import ThreadPoolExecutor

    all_scripts = [script for file in files for script in scripts_of(file)]
    scripts = [script for script in all_scripts if not _too_much(script)]
    refused = [
        tool_failed.META.problem(
            script.file.span_at(script.text),
            f"shellcheck is not asked about this script: {why}",
            "Move it, or parts of it, into files of their own.",
            severity="info",
        )
        for script in all_scripts
        if (why := _too_much(script))
    ]
    # Workflows repeat each other: what is read the same way is asked about once.
    same: dict[tuple[str, str], list[Script]] = {}
    for script in scripts:
        same.setdefault((script.head, script.body), []).append(script)
    groups = list(same.values())
    cores = max(1, min(os.cpu_count() or 1, 8))
    size = max(1, min(MAX_SCRIPTS, -(-len(groups) // cores)))
    parts = [groups[start : start + size] for start in range(0, len(groups), size)]
    with ThreadPoolExecutor(cores) as pool:
        found = pool.map(
            lambda part: in_parts(part, partial(_ask, program), partial(_fail, program)), parts
        )
        return refused + [problem for problems in found for problem in problems]


def _too_much(script: Script) -> str:
    """Why a script would take shellcheck too long, or nothing: its time doubles with the depth."""
    if len(script.body) > MAX_LENGTH:
        return f"it has more than {MAX_LENGTH} characters"
    if nesting(script.body) > MAX_NESTING:
        return f"it nests commands more than {MAX_NESTING} deep"
    return ""


def scripts_of(file: Source) -> list[Script]:
    """The scripts of a file that bash or sh reads."""
    found = []
    for job, step in file.steps:
        if step.run is not None and step.run.source.strip():
            head = _head(step, job, file)
            if head:
                found.append(_script(file, step.run, head))
    return found


def _script(file: Source, text: Text, head: str) -> Script:
    body = neutral(text.source)
    starts = [0]
    for line in body.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    spots = tuple((start, end) for start, end, _ in expressions(text.source))
    return Script(file, text, head, body, tuple(starts), spots)


def _head(step: Step, job: Job | None, file: Source) -> str:
    name = shell_of(step, job, file.workflow)
    if not name and step.shell is None and job is not None:
        name = "bash"  # where a matrix chooses the machine, one of them has it
    if name not in POSIX:
        return ""
    written = step.shell.source if step.shell else ""
    stops = "{0}" not in written or " -e" in written
    return f"#!/bin/{name}{' -e' if stops else ''}\n"


def _ask(program: Program, groups: Sequence[list[Script]]) -> list[Problem]:
    with tempfile.TemporaryDirectory(prefix="agentmesh-lint-") as folder:
        names: dict[str, list[Script]] = {}
        for number, scripts in enumerate(groups):
            name = os.path.join(folder, f"{number}.sh")
            with open(name, "w", encoding="utf-8", newline="", errors="replace") as opened:
                opened.write(scripts[0].head + scripts[0].body)
            names[name] = scripts
        output = program.run(
            *("--norc", "--format=json1", "--color=never", f"--exclude={','.join(NOT_ASKED)}"),
            *("--", *names),
            codes=(0, 1),
            characters=sum(len(scripts[0].body) for scripts in groups),
        )
    try:
        answer = msgspec.json.decode(output, type=Answer)
    except msgspec.DecodeError as error:
        raise Failed(f"its answer cannot be read: {error}") from None
    problems: list[Problem | None] = []
    for comment in answer.comments:
        about = names.get(comment.file)
        if about is None:
            raise Failed(f"it speaks of a file '{comment.file}' that it was not asked about")
        problems += [_problem(script, comment) for script in about]
    return [problem for problem in problems if problem is not None]


def _fail(program: Program, scripts: list[Script], why: str) -> list[Problem]:
    script = scripts[0]
    return [failure(program, script.file, why, script.text.line, script.text.column)]


def _problem(script: Script, comment: Comment) -> Problem | None:
    """A finding at its place in the file; None where it speaks of our replacement."""
    starts, size = script.starts, len(script.body)
    first, last = comment.line - 2, comment.end_line - 2  # the head is a line of its own
    if not 0 <= first <= last < len(starts) - 1:
        raise Failed(f"it names line {comment.line - 1} of {len(starts) - 1}")
    start = min(starts[first] + comment.column - 1, size)
    end = min(max(starts[last] + comment.end_column - 1, start), size)
    of_constants = comment.code in _OF_CONSTANTS or comment.code in _SEEMS_SYNTAX
    if of_constants and any(a < starts[last + 1] and starts[first] < b for a, b in script.spots):
        return None
    code = f"SC{comment.code:04d}"
    url = f"https://www.shellcheck.net/wiki/{code}"
    return Problem(
        rule=f"shellcheck/{code}",
        span=script.file.span_of(script.text, start, end if first == last else None),
        message=comment.message,
        severity=_SEVERITIES.get(comment.level, "info"),
        help=f"See {url}",
        url=url,
    )
