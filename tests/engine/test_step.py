"""One step: its files, its environment, its summary, its errors."""

from __future__ import annotations

from agentmesh.core.events import Annotated, StepCompleted, Summarized

HEAD = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"


def test_what_a_step_writes_to_its_files_reaches_those_that_follow(run_job):
    outcome = run_job(
        HEAD + "      - id: a\n        run: |\n"
        "          echo X=1 >> $GITHUB_ENV\n"
        "          mkdir bin && printf '#!/bin/sh\\necho tool' > bin/tool && chmod +x bin/tool\n"
        "          echo $PWD/bin >> $GITHUB_PATH\n"
        "          printf 'o<<E\\none\\ntwo\\nE\\n' >> $GITHUB_OUTPUT\n"
        '          test -z "$X"\n'
        '      - run: echo "$X" "$(tool)" "${{ steps.a.outputs.o }}"\n'
    )
    assert outcome.log() == ["1 tool one", "two"]
    assert outcome.of(StepCompleted)[0].outputs == {"o": "one\ntwo"}


def test_each_step_has_fresh_files(run_job):
    run = "test ! -s $GITHUB_OUTPUT && test ! -s $GITHUB_ENV && echo a=b | tee $GITHUB_OUTPUT"
    outcome = run_job(HEAD + f"      - run: {run}\n      - run: {run}\n")
    assert outcome.result.conclusion == "success"


def test_a_file_that_cannot_be_read_fails_the_step_and_says_where(run_job):
    outcome = run_job(HEAD + "      - run: echo nonsense >> $GITHUB_OUTPUT\n")
    assert outcome.result.conclusion == "failure"
    assert outcome.log()[0] == "##[error]Unable to process file command 'output' successfully."
    assert "nonsense" in outcome.log()[1]


def test_a_summary_is_masked_and_may_not_be_too_large(run_job):
    outcome = run_job(
        HEAD + "      - run: echo '# for ${{ secrets.KEY }}' >> $GITHUB_STEP_SUMMARY\n"
        "      - run: head -c 1048577 /dev/zero | tr '\\0' x >> $GITHUB_STEP_SUMMARY\n",
        secrets={"KEY": "hunter22"},
    )
    assert [s.text for s in outcome.of(Summarized)] == ["# for ***\n"]
    assert outcome.result.conclusion == "failure"
    assert any("upload aborted" in a.message for a in outcome.of(Annotated))


def test_variables_of_the_runner_cannot_be_overridden(run_job):
    outcome = run_job(
        HEAD + "      - env: {GITHUB_SHA: x, RUNNER_OS: x, CI: no}\n"
        "        run: echo $GITHUB_SHA $RUNNER_OS $CI $GITHUB_ACTIONS $ACT\n"
    )
    assert outcome.log() == ["abc Linux no true true"]


def test_the_event_lies_in_a_file_and_home_is_the_jobs_own(run_job):
    outcome = run_job(HEAD + '      - run: cat $GITHUB_EVENT_PATH; test -z "$(ls -A $HOME)"\n')
    assert outcome.log() == ['{"n":1}']
    assert outcome.result.conclusion == "success"


def test_node_options_are_refused(run_job):
    outcome = run_job(HEAD + "      - run: echo NODE_OPTIONS=--x >> $GITHUB_ENV\n")
    assert any("NODE_OPTIONS" in a.message for a in outcome.of(Annotated))


def test_a_command_that_cannot_be_carried_out_fails_the_step(run_job):
    outcome = run_job(HEAD + "      - run: 'echo ::set-env name=X::1'\n")
    assert outcome.result.conclusion == "failure"


def test_names_are_evaluated_and_masked(run_job):
    outcome = run_job(
        HEAD
        + "      - {name: 'for ${{ github.sha }} ${{ env.K }}', env: {K: hunter22}, run: 'true'}\n",
        secrets={"KEY": "hunter22"},
    )
    assert list(outcome.steps) == ["for abc ***"]
