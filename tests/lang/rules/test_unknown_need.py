"""Jobs that a job does not need."""

from __future__ import annotations

from collections.abc import Callable

Found = Callable[..., list[str]]
RULE = "unknown-need"
WORKFLOW = """\
on: {workflow_call: {outputs: {o: {value: "${{ jobs.%s.outputs.x }}"}}}}
jobs:
  one: {runs-on: x, steps: []}
  two: {needs: ONE, runs-on: x, steps: []}
  three:
    needs: [two]
    runs-on: x
    if: needs.%s.result == 'success'
    steps: [{run: 'echo ${{ toJSON(needs) }} ${{ join(needs.*.result) }}'}]
"""


def test_what_is_needed_is_known(found: Found) -> None:
    assert found(RULE, WORKFLOW % ("one", "TWO")) == []


def test_a_job_that_is_needed_by_a_needed_one_is_empty(found: Found) -> None:
    assert found(RULE, WORKFLOW % ("one", "one")) == [
        "needs.one: 'needs.one' is empty: this job does not need 'one'"
    ]


def test_jobs_that_are_not_there(found: Found) -> None:
    assert found(RULE, WORKFLOW % ("four", "five")) == [
        "needs.five: Context access might be invalid: there is no job 'five'",
        "jobs.four: Context access might be invalid: there is no job 'four'",
    ]
