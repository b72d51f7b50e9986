"""Inputs of actions."""

from __future__ import annotations

from agentmesh.core.events import Annotated

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
ACTION = {
    "action.yml": """
        name: A
        inputs:
          name: {default: "${{ github.sha }}"}
          other: {required: true}
          number: {default: 3}
        runs:
          using: composite
          steps:
            - shell: bash
              run: echo "${{ inputs.name }}|${{ inputs.other }}|${{ inputs.number }}|${{ inputs.NAME }}"
        """
}


def test_defaults_are_evaluated_and_missing_inputs_are_empty(run_job):
    outcome = run_job(HEAD + "      - uses: o/a@v1\n", actions={"o/a": ACTION})
    assert outcome.log() == ["abc||3|abc"]


def test_names_of_inputs_ignore_case_and_values_become_texts(run_job):
    outcome = run_job(
        HEAD + "      - {uses: o/a@v1, with: {NAME: true, Other: 1.50}}\n", actions={"o/a": ACTION}
    )
    assert outcome.log() == ["true|1.5|3|true"]


def test_an_input_that_is_not_declared_is_warned_of(run_job):
    outcome = run_job(HEAD + "      - {uses: o/a@v1, with: {nam: x}}\n", actions={"o/a": ACTION})
    (warning,) = outcome.of(Annotated)
    assert warning.level == "warning"
    assert (
        "Unexpected input(s) 'nam', valid inputs are ['name', 'other', 'number']" in warning.message
    )
