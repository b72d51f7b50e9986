"""The parser of workflow files against GitHub's own, ``@actions/workflow-parser``.

Both read the same generated files; every error must agree in place and wording, or be one of the
differences that :data:`DIFFERENCES` explains.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.parse import workflow

Found = tuple[int, int, str]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Something one side alone reports: ``side``, the message as a pattern, and the reason."""

    side: str
    message: str
    why: str
    line: str = ""
    """A pattern that the line of the file must match too."""


DIFFERENCES = [
    Difference(
        side="theirs",
        message=r"Unexpected type 'BasicExpressionToken' .* The type 'MappingToken' was expected",
        why="the runner takes a mapping (env, services, …) that is one expression as a whole",
    ),
    Difference(
        side="theirs",
        message=r"Unexpected value ''$",
        line=r"^    (  [\w-]+|inputs):\s*(~|null)?\s*$",
        why="GitHub takes inputs of workflow_dispatch without properties, as strings",
    ),
    Difference(
        side="theirs",
        message=r"Unexpected type '(Number|Boolean)Token' .* 'input default'.*'StringToken'",
        why="the runner converts a number or boolean to the string it is the default of: a warning",
    ),
    Difference(
        side="theirs",
        message=r"Unexpected value '.*\$\{\{",
        why="a broken expression has been reported already, at the same place",
    ),
    Difference(
        side="theirs",
        message=r"Unexpected value 'repository_dispatch'",
        why="their table names another event for on: repository_dispatch",
    ),
    Difference(
        side="ours",
        message=r"Expected format \{org\}/\{repo\}|Invalid workflow reference",
        why="their service checks uses, their parser does not",
    ),
    Difference(
        side="ours",
        message=r"Matrix (vector|must)|Container image cannot be empty",
        why="the runner checks it, their parser does not",
    ),
    Difference(
        side="ours",
        message=r"No event triggers defined|you may only define one of|'queue: max' cannot",
        why="their service checks it, their parser does not",
    ),
    Difference(
        side="ours",
        message=r"Job '.*' depends on unknown job",
        why="said beside the consequence, that no job can start",
    ),
    Difference(
        side="ours",
        message=r"The identifier '.*' may not be used more than once within the same scope",
        why="ids ignore case, and the steps of a parallel block share the scope of their job",
    ),
    Difference(
        side="ours",
        message=r"Job '.*' depends on job '.*' which creates a cycle",
        why="their parser takes needs that differ in case for unknown jobs",
    ),
]

CONVERSION = frozenset(
    (
        "concurrency",
        "condition",
        "container",
        "cron",
        "input-default",
        "input-options",
        "job-id",
        "job-needs",
        "job-uses",
        "matrix",
        "no-trigger",
        "runs-on",
        "step-id",
        "step-parallel",
        "step-target",
        "step-uses",
        "trigger-filter",
    )
)
"""Rules that their parser looks at only where its schema has found nothing."""

BREAKS_OFF = (
    r"raw\.indexOf|Unexpected type 'InsertExpressionToken'"
    r"|Unexpected type 'BasicExpressionToken' encountered while reading '.* key'"
)
"""Where their parser breaks off: at a key that is a number or a boolean, and at a key that is an
expression, which the runner evaluates later."""

Judge = Callable[..., list[Any]]
Generate = Callable[[int, int], Iterator[str]]


def unexplained(text: str, theirs: list[dict[str, Any]]) -> list[str]:
    """What one side alone finds in a file and no difference explains."""
    problems = workflow(text, "a.yml")[1]
    errors = [problem for problem in problems if problem.severity == "error"]
    if any(re.match(BREAKS_OFF, answer["message"]) for answer in theirs):
        return []
    if any(problem.rule.startswith(("yaml", "empty")) for problem in errors):
        # The two YAML libraries word and place broken YAML differently. npm's yaml takes a value
        # that does not fit its tag for a string, and in a file without anchors an alias for
        # nothing; the runner refuses both.
        return [] if theirs or _only_runner(errors) else [f"ours: {errors[0]}"]
    schema = any(problem.rule not in CONVERSION for problem in errors)
    ours = {
        _entry(text, p.span.line, p.span.column, p.message)
        for p in errors
        if not (schema and p.rule in CONVERSION)
    }
    known = {_entry(text, a["line"], a["column"], a["message"]) for a in theirs}
    missing = [f"theirs: {e}" for e in known - ours if not _explained("theirs", text, e)]
    surplus = [f"ours: {e}" for e in ours - known if not _explained("ours", text, e)]
    return missing + surplus


def _entry(text: str, line: int, column: int, message: str) -> Found:
    lines = text.splitlines()
    if 0 < line <= len(lines) and lines[line - 1].rstrip().endswith((":", "-")):
        # An empty value has no place of its own: behind the colon, or behind the space after it.
        column = 0
    return line, column, message.partition(". Located at position")[0]


def _explained(side: str, text: str, entry: Found) -> bool:
    number, _, message = entry
    lines = text.splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    return any(
        difference.side == side
        and re.match(difference.message, message, re.DOTALL)
        and re.search(difference.line, line)
        for difference in DIFFERENCES
    )


def _only_runner(errors: list[Problem]) -> bool:
    return all(problem.rule in {"yaml-tag", "yaml-anchor"} for problem in errors)


def _compare(judge: Judge, texts: list[str]) -> None:
    answers = judge(
        "workflow_parser/main.mjs", [{"name": "a.yml", "content": text} for text in texts]
    )
    for text, theirs in zip(texts, answers, strict=True):
        assert unexplained(text, theirs) == [], text


def test_both_find_the_same_mistakes_in_generated_files(judge: Judge, generated: Generate) -> None:
    _compare(judge, list(generated(1, 600)))


@pytest.mark.soak
def test_both_find_the_same_mistakes_in_many_generated_files(
    judge: Judge, generated: Generate
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    _compare(judge, list(generated(seed, 20_000)))


def test_a_mistake_that_only_one_side_finds_is_not_explained_away() -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: x\n"
    theirs = [{"line": 4, "column": 5, "message": "Unexpected value 'runs-on'"}]
    assert unexplained(text, theirs) == ["theirs: (4, 5, \"Unexpected value 'runs-on'\")"]
