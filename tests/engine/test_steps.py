"""The loop over steps: conditions, outcomes, background steps."""

from __future__ import annotations

import pytest

from agentmesh.core.events import Event, Logged, StepCompleted

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def test_after_a_failure_only_steps_that_ask_for_it_run(run_job):
    outcome = run_job(
        HEAD + "      - {name: a, run: 'exit 3'}\n      - {name: b, run: 'true'}\n"
        "      - {name: c, if: failure(), run: 'true'}\n      - {name: d, if: always(), run: 'true'}\n"
    )
    assert outcome.steps == {"a": "failure", "b": "skipped", "c": "success", "d": "success"}
    (failed,) = [e for e in outcome.of(StepCompleted) if e.step == "a"]
    assert (failed.exit_code, failed.error) == (3, "Process completed with exit code 3.")


def test_a_step_that_may_fail_has_failed_but_counts_as_success(run_job):
    outcome = run_job(
        HEAD + "      - {id: a, continue-on-error: true, run: 'false'}\n"
        "      - run: echo ${{ steps.a.outcome }} ${{ steps.a.conclusion }}\n"
    )
    assert outcome.result.conclusion == "success"
    assert outcome.log() == ["##[error]Process completed with exit code 1.", "failure success"]


def test_a_condition_that_cannot_be_evaluated_fails_the_step(run_job):
    outcome = run_job(HEAD + "      - {name: a, if: \"fromJSON('{')\", run: 'true'}\n")
    assert outcome.steps == {"a": "failure"}


def test_the_reason_of_a_skipped_step_is_said(run_job):
    outcome = run_job(HEAD + "      - {name: a, if: github.ref == 'x', run: 'true'}\n")
    (skipped,) = outcome.of(StepCompleted)
    assert skipped.conclusion == "skipped"
    assert "github.ref" in skipped.why


def test_background_steps_run_beside_others_and_count_when_waited_for(run_job):
    outcome = run_job(
        HEAD + "      - {id: server, background: true, run: 'until test -e go; do sleep 0.01; done;"
        " echo port=7 >> $GITHUB_OUTPUT'}\n"
        "      - {name: go, run: 'touch go'}\n"
        "      - {name: join, wait: server}\n"
        "      - run: echo got ${{ steps.server.outputs.port }}\n"
    )
    assert outcome.result.conclusion == "success"
    assert "got 7" in outcome.log()


def test_parallel_steps_wait_for_each_other_and_one_failure_fails_the_job(run_job):
    outcome = run_job(
        HEAD + "      - parallel:\n"
        "          - {name: a, run: 'touch a; until test -e b; do sleep 0.01; done'}\n"
        "          - {name: b, run: 'touch b; until test -e a; do sleep 0.01; done; exit 1'}\n"
        "      - {name: after, run: 'true'}\n"
    )
    assert outcome.steps["a"] == "success"
    assert outcome.steps["b"] == "failure"
    assert outcome.steps["after"] == "skipped"
    assert outcome.result.conclusion == "failure"


def test_a_background_step_told_to_end_fails_nothing(run_job):
    outcome = run_job(
        HEAD + "      - {id: server, name: server, background: true, run: 'sleep 600'}\n"
        "      - {name: stop, cancel: server}\n"
    )
    assert outcome.steps["server"] == "cancelled"
    assert outcome.result.conclusion == "success"


def test_background_steps_nobody_waited_for_are_waited_for_at_the_end(run_job):
    outcome = run_job(HEAD + "      - {name: a, background: true, run: 'sleep 0.2; exit 1'}\n")
    assert outcome.steps == {"a": "failure"}
    assert outcome.result.conclusion == "failure"


def test_a_step_that_takes_too_long_has_failed(run_job):
    outcome = run_job(HEAD + "      - {name: a, timeout-minutes: 0.003, run: sleep 60}\n")
    assert outcome.steps == {"a": "failure"}
    assert any("has timed out after 0.003 minutes" in line for line in outcome.log())


@pytest.mark.parametrize("condition", ["success()", "github.sha == 'abc'"])
def test_a_cancelled_job_stops_steps_whose_condition_no_longer_holds(run_job, condition: str):
    def cancel(source, event: Event) -> None:
        if isinstance(event, Logged) and event.text == "up":
            source.cancel("interrupted")

    outcome = run_job(
        HEAD + f"      - {{name: a, if: \"{condition}\", run: 'echo up; sleep 600'}}\n"
        "      - {name: b, if: always(), run: 'true'}\n",
        during=cancel,
    )
    assert outcome.steps == {"a": "cancelled", "b": "success"}
    assert outcome.result.conclusion == "cancelled"


def test_a_cancelled_job_lets_a_step_go_on_whose_condition_still_holds(run_job):
    def cancel(source, event: Event) -> None:
        if isinstance(event, Logged) and event.text == "up":
            source.cancel("interrupted")

    outcome = run_job(
        HEAD + "      - {name: a, if: always(), run: 'echo up; sleep 0.1; echo done'}\n",
        during=cancel,
    )
    assert outcome.steps == {"a": "success"}
    assert outcome.log() == ["up", "done"]
    assert outcome.result.conclusion == "cancelled"
