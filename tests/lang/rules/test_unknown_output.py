"""Outputs that a step or a job does not have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.model import ActionFile, Workflow
from agentmesh.lang.parse import workflow

Found = Callable[..., list[str]]
RULE = "unknown-output"
STEP = "- {id: a, uses: ./x}\n- run: echo ${{ steps.a.outputs.%s }}"
NEEDS = """\
on: push
jobs:
  one:
    %s
  two:
    needs: one
    runs-on: x
    steps: [{run: 'echo ${{ needs.one.outputs.b }}'}]
"""
JOB = "{runs-on: x, outputs: {%s}, steps: []}"
CALL = "uses: ./.github/workflows/c.yml"


def local(using: str, *outputs: str) -> dict[str, ActionFile]:
    return {
        "./x": ActionFile(path="x", using=using, outputs=tuple((each, None) for each in outputs))
    }


def test_a_composite_action_has_the_outputs_that_it_declares(found: Found) -> None:
    actions = local("composite", "Version")
    assert found(RULE, STEP % "version", actions=actions) == []
    (message,) = found(RULE, STEP % "other", actions=actions)
    assert message.endswith("steps.a has no output 'other'")


def test_an_action_in_javascript_may_have_more_but_slips_are_told(found: Found) -> None:
    actions = local("node24", "version")
    assert found(RULE, STEP % "other", actions=actions) == []
    assert len(found(RULE, STEP % "versoin", actions=actions)) == 1


def test_the_outputs_of_scripts_and_of_unknown_actions_are_open(found: Found) -> None:
    assert found(RULE, STEP % "other") == []
    assert found(RULE, "- {id: a, run: x}\n- run: echo ${{ steps.a.outputs.z }}") == []


@pytest.mark.parametrize("job", [JOB % "b: x", JOB % "B: x", JOB % "'${{ github.x }}': y"])
def test_outputs_that_a_job_may_have(found: Found, job: str) -> None:
    assert found(RULE, NEEDS.replace("\n    %s", " " + job)) == []


@pytest.mark.parametrize("job", [JOB % "c: x", "{runs-on: x, steps: []}"])
def test_outputs_that_a_job_does_not_have(found: Found, job: str) -> None:
    (message,) = found(RULE, NEEDS.replace("\n    %s", " " + job))
    assert message == (
        "needs.one.outputs.b: Context access might be invalid: needs.one has no output 'b'"
    )


def test_the_outputs_of_a_called_workflow_are_those_that_it_declares(found: Found) -> None:
    def called(name: str) -> Workflow:
        text = f"on: {{workflow_call: {{outputs: {{{name}: {{value: x}}}}}}}}\njobs: {{a: {{runs-on: x, steps: []}}}}"
        value, problems = workflow(text, "c.yml")
        assert value is not None, problems
        return value

    text = NEEDS % CALL
    uses = "./.github/workflows/c.yml"
    assert found(RULE, text) == []
    assert found(RULE, text, called={uses: "it cannot be had"}) == []
    assert found(RULE, text, called={uses: called("b")}) == []
    assert len(found(RULE, text, called={uses: called("c")})) == 1
