"""How programs are called, and what becomes of their failures."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from agentmesh.app import lint_program
from agentmesh.app.lint_program import Failed, Program, Slow, failure, in_parts
from agentmesh.core.problem import Problem
from agentmesh.lang.parse import read
from agentmesh.lang.rules.source import Source

TEXT = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Program]:
    """A program of a few lines of shell."""

    def make(script: str, name: str = "zizmor") -> Program:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        env = {"PATH": os.environ["PATH"], "SEEN": "yes"}
        return Program(name=name, path=str(path), env=env, directory=str(tmp_path))

    return make


Make = Callable[[str], Program]


def test_a_program_sees_its_arguments_its_input_and_its_environment(program: Make) -> None:
    called = program('echo "$1 $(cat) $SEEN"; pwd')
    assert called.run("a b", characters=0) == f"a b  yes\n{called.directory}\n"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo one >&2; echo an error: two >&2; exit 7",
            "it ended with exit code 7: an error: two",
        ),
        ("echo one >&2; exit 1", "it ended with exit code 1: one"),
        ("kill -9 $$", "it ended with signal 9"),
    ],
)
def test_another_end_than_the_expected_is_a_failure(program: Make, script: str, why: str) -> None:
    with pytest.raises(Failed, match=why):
        program(script).run(characters=0)


def test_codes_that_are_expected_are_none(program: Make) -> None:
    assert program("echo a; exit 1").run(codes=(0, 1), characters=0) == "a\n"


def test_a_program_that_is_gone_is_a_failure(program: Make) -> None:
    called = program("true")
    os.unlink(called.path)
    with pytest.raises(Failed, match="it cannot be started"):
        called.run(characters=0)


def test_a_program_that_never_ends_is_a_failure(
    program: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint_program, "PATIENCE", 0.05)
    with pytest.raises(Slow, match="it took longer"):
        program("exec sleep 600").run(characters=1000)


def test_one_bad_item_does_not_spoil_the_others() -> None:
    calls: list[Sequence[int]] = []

    def ask(items: Sequence[int]) -> list[str]:
        calls.append(items)
        if 3 in items or 7 in items:
            raise Failed("no")
        return [str(item) for item in items]

    found = in_parts(range(1, 9), ask, lambda item, why: [f"{item} {why}"])
    assert found == ["1", "2", "3 no", "4", "5", "6", "7 no", "8"]
    assert len(calls) < 16
    assert in_parts([], ask, lambda item, why: [why]) == []


def test_what_is_too_slow_is_not_tried_again_in_parts() -> None:
    calls: list[Sequence[int]] = []

    def ask(items: Sequence[int]) -> list[str]:
        calls.append(items)
        raise Slow("it took longer than 5 s")

    (told,) = in_parts([1, 2, 3], ask, lambda item, why: [f"{item}: {why}"])
    assert told.startswith("1: it took longer than 5 s, for this and 2 others")
    assert len(calls) == 1


def test_a_failure_is_a_warning_in_the_file(program: Make) -> None:
    parsed = read(TEXT, "a.yml", "workflow")
    file = Source(TEXT, "a.yml", "workflow", parsed.root, parsed.value)
    problem: Problem = failure(program("true"), file, "it stumbled")
    assert problem.rule == "tool-failed"
    assert problem.severity == "warning"
    assert str(problem.span) == "a.yml:1:1"
    assert problem.message == "zizmor failed: it stumbled"
