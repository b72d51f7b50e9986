"""Inputs that are not declared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-input"
WORKFLOW = """\
on: %s
jobs:
  a:
    runs-on: x
    steps: [{run: 'echo ${{ %s }}'}]
"""
DISPATCH = "{workflow_dispatch: {inputs: {Level: {type: string}}}}"
CALL = "{workflow_call: {inputs: {level: {type: string}}}}"
ACTION = """\
name: n
description: d
inputs: {level: {description: d}}
runs: {using: composite, steps: [{run: 'echo ${{ inputs.%s }}', shell: sh}]}
"""


@pytest.mark.parametrize("on", [DISPATCH, CALL])
def test_declared_inputs_are_known(found: Found, on: str) -> None:
    assert found(RULE, WORKFLOW % (on, "inputs.level")) == []
    assert len(found(RULE, WORKFLOW % (on, "inputs.levle"))) == 1


def test_a_workflow_without_inputs_has_none(found: Found) -> None:
    assert found(RULE, WORKFLOW % ("push", "inputs.level")) == [
        "inputs.level: Context access might be invalid: there is no input 'level'"
    ]


def test_the_payload_of_a_dispatch_has_its_inputs(found: Found) -> None:
    assert found(RULE, WORKFLOW % (DISPATCH, "github.event.inputs.level")) == []
    assert len(found(RULE, WORKFLOW % (DISPATCH, "github.event.inputs.other"))) == 1
    assert found(RULE, WORKFLOW % (CALL, "github.event.inputs.other")) == []
    assert found(RULE, WORKFLOW % ("push", "github.event.inputs.other")) == []


def test_an_action_has_the_inputs_that_it_declares(found: Found) -> None:
    assert found(RULE, ACTION % "LEVEL", kind="action") == []
    assert len(found(RULE, ACTION % "other", kind="action")) == 1
