"""Comparisons whose sides can never be equal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "impossible-comparison"
WORKFLOW = """\
on:
  pull_request: {types: [opened, synchronize]}
  workflow_dispatch:
    inputs:
      fast: {type: boolean}
      where: {type: choice, options: [here, there]}
      name: {type: string}
jobs:
  a:
    strategy: {matrix: {os: [linux, macos], v: [3.9, '3.10'], include: [{os: linux, extra: 1}]}}
    runs-on: x
    steps:
      - {id: s, run: make}
      - if: %s
        run: make
"""


@pytest.mark.parametrize(
    "condition",
    [
        "github.event_name == 'push'",
        "'push' != github.event_name",
        "github.event.action == 'closed'",
        "github.event == 'pull_request'",
        "inputs.fast == 'true'",
        "github.event.inputs.fast == true",
        "inputs.where == 'nowhere'",
        "matrix.os == 'windows'",
        "matrix.extra == 2",
        "steps.s.outcome == 'failed'",
        "runner.os == 'Ubuntu'",
        "runner.os == 'linux2' && true",
        "strategy.job-index == 'first'",
        "contains(github.ref, 'x') == 'true'",
        "'a' == 'b'",
        "!(github.ref_type == 'heads')",
        "fromJSON('[1]') == 1 || github == 'x'",
    ],
)
def test_comparisons_that_never_hold(found: Found, condition: str) -> None:
    (shown,) = found(RULE, WORKFLOW % f'"{condition}"')
    assert " is always " in shown


@pytest.mark.parametrize(
    "condition",
    [
        "github.event_name == 'PULL_REQUEST'",
        "github.event.action == 'opened'",
        "github.event.action == ''",
        "inputs.fast == true",
        "inputs.fast == ''",
        "github.event.inputs.fast == 'true'",
        "inputs.where == 'here'",
        "inputs.name == 'x'",
        "matrix.os == 'LINUX'",
        "matrix.v == '3.90'",
        "matrix.v == 3.9",
        "matrix.extra == null",
        "steps.s.outcome == 'success'",
        "steps.s.outcome == ''",
        "runner.os == 'linux'",
        "env.X == 'y'",
        "vars.X == 1",
        "strategy.job-index == '0'",
        "contains(github.ref, 'x') == '1'",
        "github.ref == (inputs.fast && 'a' || 'b')",
        "fromJSON(vars.X) == github.ref",
        "1 < 2",
    ],
)
def test_comparisons_that_may_hold(found: Found, condition: str) -> None:
    assert found(RULE, WORKFLOW % f'"{condition}"') == []


def test_the_message_says_what_the_side_may_be(found: Found) -> None:
    assert found(RULE, WORKFLOW % "github.event_name == 'push'") == [
        "github.event_name == 'push': github.event_name == 'push' is always false: "
        "github.event_name is 'pull_request' or 'workflow_dispatch'"
    ]


@pytest.mark.parametrize("on", ["workflow_call", "[push, workflow_call]"])
def test_a_called_workflow_sees_its_callers_event(found: Found, on: str) -> None:
    text = f"on: {on}\njobs: {{a: {{runs-on: x, if: github.event_name == 'release', steps: []}}}}"
    assert found(RULE, text) == []
