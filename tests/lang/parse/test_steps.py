"""The ``steps`` of a job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.model import Job, Map, Text

Finding = tuple[str, int, int, str]
ReadJob = Callable[[str], Job]
Findings = Callable[[str], list[Finding]]


def test_a_run_step_is_read_whole(read_job: ReadJob) -> None:
    step = read_job("""\
steps:
  - id: a
    name: Say it
    if: ${{ always() }}
    run: |
      echo
    env: {A: '${{ github.sha }}'}
    shell: sh
    working-directory: sub
    continue-on-error: true
    timeout-minutes: ${{ fromJSON(env.T) }}
    background: true
""").steps[0]
    assert (step.line, step.column, step.id) == (6, 9, "a")
    assert step.name == Text("Say it", 7, 15)
    assert step.if_ == Text("${{ always() }}", 8, 13)
    assert step.run == Text("echo\n", 9, 14)
    assert isinstance(step.env, Map)
    assert step.shell == Text("sh", 12, 16)
    assert step.working_directory == Text("sub", 13, 28)
    assert step.continue_on_error is True
    assert step.timeout_minutes == Text("${{ fromJSON(env.T) }}", 15, 26)
    assert step.background


def test_a_uses_step_is_read_whole(read_job: ReadJob) -> None:
    step = read_job("steps:\n  - uses: a/b@v1\n    with: {n: 1, s: x}\n").steps[0]
    assert step.uses == Text("a/b@v1", 6, 15)
    assert isinstance(step.with_, Map)
    assert step.with_.get("n") == 1
    assert step.run is None


def test_environment_may_be_one_expression(read_job: ReadJob) -> None:
    step = read_job("steps:\n  - run: x\n    env: ${{ matrix.env }}\n").steps[0]
    assert step.env == Text("${{ matrix.env }}", 7, 14)


def test_background_steps_are_waited_for_and_cancelled(read_job: ReadJob) -> None:
    steps = read_job("""\
steps:
  - {id: a, run: x, background: true}
  - {id: b, run: x, background: true}
  - wait: a
  - wait: [a, B]
  - wait-all:
  - cancel: b
  - parallel:
      - run: one
      - uses: ./two
""").steps
    assert steps[2].wait == ("a",)
    assert steps[3].wait == ("a", "B")
    assert steps[4].wait_all
    assert steps[5].cancel == "b"
    assert [step.run is not None for step in steps[6].parallel] == [True, False]
    assert not steps[0].wait_all


@pytest.mark.parametrize("literal", ["true", "false"])
def test_a_literal_condition_stays_a_boolean(step_findings: Findings, literal: str) -> None:
    assert step_findings(f"- run: x\n  if: {literal}\n") == [
        ("warning", 7, 13, f"The condition is always {literal}")
    ]


@pytest.mark.parametrize(
    ("steps", "line", "column", "message"),
    [
        (
            "- {id: a, run: x}\n- {id: A, run: x}\n",
            7,
            14,
            "The identifier 'A' may not be used more than once within the same scope.",
        ),
        (
            "- id: __a\n  run: x\n",
            6,
            13,
            "The identifier '__a' is invalid. IDs starting with '__' are reserved.",
        ),
        (
            "- uses: checkout\n",
            6,
            15,
            "Expected format {org}/{repo}[/path]@ref. Actual 'checkout'",
        ),
        ("- wait: x\n", 6, 15, "Step references unknown step ID 'x'"),
        ("- {id: a, wait: a}\n", 6, 23, "Step 'a' cannot reference itself"),
        (
            "- cancel: __a\n",
            6,
            17,
            "The identifier '__a' is invalid. IDs starting with '__' are reserved.",
        ),
        ("- wait-all: false\n", 6, 19, "The value of 'wait-all' must be true or omitted"),
        (
            "- parallel:\n    - parallel: []\n",
            6,
            9,
            "Nested 'parallel' blocks are not allowed.",
        ),
        (
            "- parallel:\n    - {run: x, background: true}\n",
            6,
            9,
            "'background' is not allowed inside a parallel block. Steps in a parallel block are "
            "automatically run as background steps.",
        ),
        (
            "- parallel: [" + "{run: x}, " * 11 + "]\n",
            6,
            19,
            "At most 10 steps may run in parallel",
        ),
        (
            "- name: x\n",
            6,
            9,
            "There's not enough info to determine what you meant. Add one of these properties: "
            "cancel, run, shell, uses, wait, wait-all, with, working-directory",
        ),
        ("- run: x\n  with: {a: b}\n", 7, 9, "Unexpected value 'with'"),
        ("- shell: sh\n", 6, 9, "Required property is missing: run"),
    ],
)
def test_a_step_that_github_refuses(
    step_findings: Findings, steps: str, line: int, column: int, message: str
) -> None:
    assert step_findings(steps) == [("error", line, column, message)]


def test_a_script_with_an_expression_may_not_be_too_long(step_findings: Findings) -> None:
    line = "    echo something\n"
    long = "- run: |\n" + line * 1400 + "    ${{ github.sha }}\n"
    assert step_findings(long) == [("error", 6, 14, "Exceeded max expression length 21000")]
    assert step_findings("- run: |\n" + line * 1400) == []
    assert step_findings("- run: |\n" + line * 1300 + "    ${{ github.sha }}\n") == []


def test_an_abbreviated_commit_is_unwise(step_findings: Findings) -> None:
    found = step_findings("- uses: a/b@1234abc\n- uses: a/b@deadbeef\n- uses: a/b@release1\n")
    assert [(severity, line) for severity, line, _, _ in found] == [("warning", 6)]
