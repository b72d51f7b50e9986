"""A whole job: its environment, its outputs, its end, and what it leaves behind."""

from __future__ import annotations

import pytest

from agentmesh.core.events import Annotated, JobCompleted, JobStarted
from agentmesh.plan.model import Options

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n"


def test_environments_of_workflow_job_and_command_line_are_laid_over_each_other(run_job):
    text = (
        "on: push\nenv: {A: w, B: w, C: w}\njobs:\n  build:\n    runs-on: ubuntu-latest\n"
        "    env: {B: j, C: j, D: '${{ github.sha }}!'}\n    steps:\n"
        "      - run: echo $A $B $C $D $FROM_MACHINE\n"
    )
    assert run_job(text, options=Options(env={"C": "c"})).log() == ["w j c abc! yes"]


def test_outputs_are_handed_on_but_not_those_that_hold_a_secret(run_job):
    text = HEAD + (
        "    outputs: {plain: '${{ steps.s.outputs.plain }}', leak: '${{ steps.s.outputs.leak }}'}\n"
        "    steps:\n      - id: s\n"
        "        run: |\n          echo plain=ok >> $GITHUB_OUTPUT\n"
        "          echo leak=x-${{ secrets.KEY }} >> $GITHUB_OUTPUT\n"
    )
    outcome = run_job(text, secrets={"KEY": "hunter22"})
    assert outcome.result.outputs == {"plain": "ok"}
    assert [a.message for a in outcome.of(Annotated)] == [
        "Skip output 'leak' since it may contain secret."
    ]
    assert "hunter22" not in str(outcome.events)


def test_the_first_event_is_the_start_and_the_last_the_end(run_job):
    outcome = run_job(HEAD + "    steps: [{run: 'true'}, {run: 'false'}]\n")
    assert isinstance(outcome.events[0], JobStarted)
    assert outcome.events[0].steps == ("Run true", "Run false")
    last = outcome.events[-1]
    assert isinstance(last, JobCompleted)
    assert last.conclusion == outcome.result.conclusion == "failure"


def test_a_job_that_takes_too_long_is_cancelled(run_job):
    text = (
        HEAD + "    steps:\n      - run: sleep 60\n      - if: cancelled()\n        run: echo so\n"
    )
    outcome = run_job(text, timeout_minutes=0.2 / 60)
    assert outcome.result.conclusion == "cancelled"
    assert "maximum execution time" in outcome.result.why
    assert outcome.steps == {"Run sleep 60": "cancelled", "Run echo so": "success"}


def test_an_expression_that_fails_in_the_outputs_fails_the_job(run_job):
    text = HEAD + "    outputs: {x: '${{ fromJSON(steps.a) }}'}\n    steps: [{run: 'true'}]\n"
    outcome = run_job(text)
    assert outcome.result.conclusion == "failure"
    assert outcome.result.why


def test_the_url_of_an_environment_is_evaluated_at_the_end(run_job):
    text = HEAD + (
        "    environment: {name: live, url: 'https://x/${{ steps.s.outputs.id }}'}\n"
        "    steps:\n      - id: s\n        run: echo id=7 >> $GITHUB_OUTPUT\n"
    )
    (end,) = run_job(text, environment="live").of(JobCompleted)
    assert (end.environment, end.environment_url) == ("live", "https://x/7")


@pytest.mark.parametrize(
    "field",
    [
        "container: python:3.12",
        "container: {image: '${{ github.sha }}'}",
        "services: {db: {image: postgres}}",
    ],
)
def test_a_job_that_asks_for_containers_fails_before_its_first_step_where_there_are_none(
    run_job, field: str
):
    outcome = run_job(HEAD + f"    {field}\n    steps: [{{run: echo ran}}]\n")
    assert outcome.result.conclusion == "failure"
    assert "no container engine" in outcome.result.why
    assert outcome.steps == {"Initialize containers": "failure"}


def test_an_empty_container_is_none(run_job):
    outcome = run_job(
        HEAD + "    container: ${{ github.head_ref }}\n    steps: [{run: echo ran}]\n"
    )
    assert outcome.log() == ["ran"]
