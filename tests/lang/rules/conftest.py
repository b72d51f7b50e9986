"""What tests of rules share: a text, checked by one rule."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.model import ActionFile, Workflow
from agentmesh.lang.parse import read
from agentmesh.lang.rules.edit import apply
from agentmesh.lang.rules.registry import find
from agentmesh.lang.rules.rule import FixingModule
from agentmesh.lang.rules.source import Source, Surroundings

HEAD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"

Kind = Literal["workflow", "action"]
MakeSource = Callable[..., Source]
Found = Callable[..., list[str]]
Fixed = Callable[..., str]


@pytest.fixture
def source() -> MakeSource:
    """A text as rules see it. One that begins with a dash is the steps of a job."""

    def make(
        text: str,
        *,
        kind: Kind = "workflow",
        actions: Mapping[str, ActionFile] | None = None,
        called: Mapping[str, Workflow | str] | None = None,
        repository: str = "own/repo",
    ) -> Source:
        whole = textwrap.dedent(text)
        if whole.lstrip().startswith("- "):
            whole = HEAD + textwrap.indent(whole.lstrip("\n"), " " * 6)
        parsed = read(whole, "f.yml", kind)
        around = Surroundings(actions=actions or {}, called=called or {}, repository=repository)
        return Source(whole, "f.yml", kind, parsed.root, parsed.value, around)

    return make


def problems(file: Source, rule: str) -> Iterator[Problem]:
    """What a rule finds, where its words are in the text at all."""
    module = find(rule)
    assert module is not None
    meta = module.META
    if meta.kind in {"", file.kind} and (not meta.words or any(w in file.text for w in meta.words)):
        for problem in module.check(file):
            assert problem.rule == rule
            assert problem.help
            yield problem


@pytest.fixture
def found(source: MakeSource) -> Found:
    """What a rule finds, each as ``the marked text: the message``."""

    def check(rule: str, text: str, **around: object) -> list[str]:
        file = source(text, **around)
        lines = file.text.splitlines()
        return [_shown(problem, lines) for problem in problems(file, rule)]

    return check


def _shown(problem: Problem, lines: list[str]) -> str:
    span = problem.span
    end = span.end_column - 1 if span.end_line == span.line else None
    return f"{lines[span.line - 1][span.column - 1 : end]}: {problem.message}"


@pytest.fixture
def severities(source: MakeSource) -> Found:
    """The severities of what a rule finds."""

    def check(rule: str, text: str, **around: object) -> list[str]:
        return [problem.severity for problem in problems(source(text, **around), rule)]

    return check


@pytest.fixture
def fixed(source: MakeSource) -> Fixed:
    """The steps of a text after every finding of a rule has been mended in one go."""

    def fix(rule: str, text: str, **around: object) -> str:
        file = source(text, **around)
        module: FixingModule = find(rule)  # type: ignore[assignment]
        edits = {edit for problem in problems(file, rule) for edit in module.fix(file, problem)}
        return textwrap.dedent(apply(file.text, edits).removeprefix(HEAD))

    return fix
