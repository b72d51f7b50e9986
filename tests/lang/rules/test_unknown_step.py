"""Steps that are not there, or have not run yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-step"

ACTION = """\
name: n
description: d
outputs:
  x: {description: d, value: "${{ steps.b.outputs.x }}"}
runs:
  using: composite
  steps:
    - {id: a, run: make, shell: bash}
"""
TWO_JOBS = """\
on: push
jobs:
  one:
    runs-on: x
    outputs: {v: "${{ steps.b.outputs.v }}"}
    steps: [{id: a, run: make}]
  two:
    runs-on: x
    steps: [{id: b, run: make}]
"""


def test_a_step_that_is_not_there_is_told_with_one_that_is_close(found: Found) -> None:
    text = "- {id: build, run: make}\n- run: echo ${{ steps.biuld.outputs.x }}"
    assert found(RULE, text) == [
        "steps.biuld: Context access might be invalid: there is no step with the id 'biuld'"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "- {id: a, run: make}\n- run: echo ${{ steps.A.outcome }} ${{ steps['a'].outputs.x }}",
        "- run: echo ${{ toJSON(steps) }} ${{ join(steps.*.outcome) }}",
        "- run: echo ${{ steps[env.which].outcome }}",
        "- parallel:\n    - {id: a, run: make}\n    - run: echo ${{ steps.a.outcome }}",
        "- {id: a, run: make, if: \"${{ failure() }}\"}\n- if: steps.a.outcome == 'success'\n  run: x",
    ],
)
def test_steps_that_have_begun_are_known(found: Found, text: str) -> None:
    assert found(RULE, text) == []


def test_a_later_step_and_the_step_itself_are_empty(found: Found) -> None:
    text = "- {id: a, run: 'echo ${{ steps.a.outcome }} ${{ steps.b.outcome }}'}\n- {id: b, run: x}"
    assert found(RULE, text) == [
        "steps.a: 'steps.a' is this step itself, so it is empty here",
        "steps.b: 'steps.b' is a later step, so it is empty here",
    ]


def test_a_step_without_an_id_has_its_place_too(found: Found) -> None:
    text = "- run: echo ${{ steps.b.outcome }}\n- {id: b, run: x}"
    assert found(RULE, text) == ["steps.b: 'steps.b' is a later step, so it is empty here"]


def test_jobs_do_not_see_each_others_steps(found: Found) -> None:
    (message,) = found(RULE, TWO_JOBS)
    assert message.endswith("there is no step with the id 'b'")


def test_outputs_of_an_action_see_all_of_its_steps(found: Found) -> None:
    (message,) = found(RULE, ACTION, kind="action")
    assert message.startswith("steps.b: ")
    assert found(RULE, ACTION.replace("steps.b", "steps.a"), kind="action") == []
