"""Calls of reusable workflows held against the workflows that are called."""

from __future__ import annotations

import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.calls import MAX_DEPTH, beyond, check_calls
from agentmesh.lang.model import Permissions, Workflow
from agentmesh.lang.parse import workflow

CALLED = """\
on:
  workflow_call:
    inputs:
      ref: {type: string, required: true}
      count: {type: number}
      dry: {type: boolean}
    secrets:
      token: {required: true}
      other:
jobs:
  inner:
    runs-on: x
    steps: []
"""


def parsed(text: str, path: str = "a.yml") -> Workflow:
    found, problems = workflow(text, path)
    assert found is not None, problems
    return found


def caller(call: str, *, permissions: str = "") -> Workflow:
    top = f"permissions: {permissions}\n" if permissions else ""
    return parsed(f"on: push\n{top}jobs:\n  c:\n    uses: ./.github/workflows/b.yml\n{call}")


def found(calling: Workflow, **called: str) -> list[tuple[int, int, str]]:
    files = {
        f"./.github/workflows/{name}.yml": parsed(text, f"{name}.yml")
        for name, text in called.items()
    }
    problems = check_calls(calling, lambda uses, _: files.get(uses))
    assert {problem.span.file for problem in problems} <= {"a.yml"}
    return [(problem.span.line, problem.span.column, problem.message) for problem in problems]


def test_a_right_call_has_nothing_wrong() -> None:
    call = "    with: {ref: x, count: 3, dry: '${{ inputs.dry }}'}\n    secrets: {TOKEN: x}\n"
    assert found(caller(call), b=CALLED) == []


def test_names_of_inputs_ignore_case() -> None:
    assert found(caller("    with: {REF: x}\n    secrets: inherit\n"), b=CALLED) == []


def test_what_is_required_must_be_given() -> None:
    assert found(caller(""), b=CALLED) == [
        (4, 11, "Input ref is required, but not provided while calling."),
        (4, 11, "Secret token is required, but not provided while calling."),
    ]


def test_inherited_secrets_are_not_counted() -> None:
    assert found(caller("    with: {ref: x}\n    secrets: inherit\n"), b=CALLED) == []


def test_what_is_given_must_be_declared() -> None:
    call = "    with: {ref: x, more: y}\n    secrets: {token: x, extra: z}\n"
    assert found(caller(call), b=CALLED) == [
        (5, 26, "Invalid input, more is not defined in the referenced workflow."),
        (6, 32, "Invalid secret, extra is not defined in the referenced workflow."),
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("count: three", "Unexpected value 'three'"),
        ("count: '3'", "Unexpected value '3'"),
        ("dry: 'true'", "Unexpected value 'true'"),
        ("dry: 1", "Unexpected value '1'"),
    ],
)
def test_what_is_given_must_be_of_the_declared_type(given: str, message: str) -> None:
    call = f"    with: {{ref: x, {given}}}\n    secrets: inherit\n"
    assert [entry[2] for entry in found(caller(call), b=CALLED)] == [message]


def test_any_scalar_is_a_string() -> None:
    assert found(caller("    with: {ref: 5}\n    secrets: inherit\n"), b=CALLED) == []


def test_a_called_workflow_must_be_callable() -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps: []\n"
    assert found(caller(""), b=text) == [
        (4, 11, "workflow_call key is not defined in the referenced workflow.")
    ]


def nested(permissions: str, job: str = "") -> str:
    top = f"permissions: {permissions}\n" if permissions else ""
    inner = f"    permissions: {job}\n" if job else ""
    return f"on: workflow_call\n{top}jobs:\n  inner:\n    runs-on: x\n{inner}    steps: []\n"


@pytest.mark.parametrize(
    ("allowed", "called", "message"),
    [
        (
            "{contents: read}",
            nested("{contents: write}"),
            "The workflow is requesting 'contents: write', but is only allowed 'contents: read'.",
        ),
        (
            "{contents: read}",
            nested("", "{contents: write, issues: read}"),
            "The nested job 'inner' is requesting 'contents: write, issues: read', but is only "
            "allowed 'contents: read, issues: none'.",
        ),
        (
            "read-all",
            nested("{id-token: write}"),
            "The workflow is requesting 'id-token: write', but is only allowed 'id-token: read'.",
        ),
        (
            "{}",
            nested("{models: read}"),
            "The workflow is requesting 'models: read', but is only allowed 'models: none'.",
        ),
    ],
)
def test_a_called_workflow_may_not_ask_for_more(allowed: str, called: str, message: str) -> None:
    assert found(caller("", permissions=allowed), b=called) == [
        (4, 3, f"Error calling workflow './.github/workflows/b.yml'. {message}")
    ]


@pytest.mark.parametrize(
    ("allowed", "called"),
    [
        ("write-all", nested("write-all")),
        ("write-all", nested("{contents: write}")),
        ("read-all", nested("read-all")),
        ("{contents: write}", nested("{contents: read, issues: none}")),
        ("{contents: write}", nested("")),
        ("", nested("write-all")),
    ],
)
def test_a_called_workflow_may_ask_for_what_is_allowed(allowed: str, called: str) -> None:
    assert found(caller("", permissions=allowed), b=called) == []


def test_the_calling_jobs_permissions_win() -> None:
    calling = caller("    permissions: {issues: write}\n", permissions="read-all")
    assert found(calling, b=nested("{issues: write}")) == []


def test_permissions_reach_down_a_chain_of_calls() -> None:
    middle = "on: workflow_call\njobs:\n  m:\n    uses: ./.github/workflows/d.yml\n"
    messages = found(caller("", permissions="read-all"), b=middle, d=nested("{issues: write}"))
    assert [entry[:2] for entry in messages] == [(4, 3)]
    assert "./.github/workflows/d.yml" in messages[0][2]


def test_workflows_that_call_each_other_come_to_an_end() -> None:
    loop = "on: workflow_call\njobs:\n  m:\n    uses: ./.github/workflows/b.yml\n"
    assert found(caller(""), b=loop) == [
        (4, 11, f"Nested reusable workflow depth exceeded {MAX_DEPTH}.")
    ]


def test_many_calls_at_every_level_come_to_an_end() -> None:
    jobs = "".join(f"  m{n}: {{uses: ./.github/workflows/b.yml}}\n" for n in range(20))
    assert len(found(caller(""), b=f"on: workflow_call\njobs:\n{jobs}")) == 1


def test_a_workflow_that_cannot_be_had_is_told_and_one_that_is_not_looked_for_is_not() -> None:
    def told(uses: str, path: str) -> str:
        return f"no {uses} for {path}"

    problems: tuple[Problem, ...] = check_calls(caller(""), told)
    assert [problem.message for problem in problems] == ["no ./.github/workflows/b.yml for a.yml"]
    assert check_calls(caller(""), lambda *_: None) == ()


def test_without_a_limit_nothing_is_beyond_it() -> None:
    assert beyond(Permissions("write"), None) == []
    assert beyond(Permissions(), Permissions()) == []
    assert beyond(Permissions("", {"checks": "read"}), Permissions()) == [
        ("checks", "read", "none")
    ]
