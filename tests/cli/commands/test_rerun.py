"""agentmesh rerun, as a process."""

from __future__ import annotations

import json

import pytest

JOBS = """
build: {runs-on: ubuntu-latest, steps: [{run: echo build}]}
other: {runs-on: ubuntu-latest, steps: [{run: echo other}]}
test:
  needs: build
  runs-on: ubuntu-latest
  strategy: {fail-fast: false, matrix: {n: [1, 2]}}
  steps: [{run: 'test ${{ matrix.n }} = 1 || test "$FIXED"'}]
deploy: {needs: test, runs-on: ubuntu-latest, steps: [{run: echo deploy}]}
"""


def completed(ran) -> dict[str, str]:
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    return {e["job"]: e["conclusion"] for e in events if e["type"] == "job.completed"}


def ran_jobs(ran) -> set[str]:
    return {name for name, conclusion in completed(ran).items() if conclusion != "skipped"}


@pytest.fixture
def failed(agentmesh, workflow):
    workflow(JOBS)
    assert agentmesh("run").returncode == 1
    return agentmesh


def test_the_last_run_is_run_again(failed):
    ran = failed("rerun", "--json")
    assert ran.returncode == 1
    assert ran_jobs(ran) == {"build", "other", "test (1)", "test (2)"}


def test_only_what_failed_runs_again_with_what_it_needs_and_what_waits_for_it(failed):
    ran = failed("rerun", "--failed", "--json")
    assert "test (2)" in ran_jobs(ran)
    assert "other" not in ran_jobs(ran)
    assert completed(ran)["deploy"] == "skipped"


def test_a_run_again_of_a_run_again_asks_for_the_same(failed):
    first = failed("rerun", "--failed", "--json")
    second = failed("rerun", "--json")
    assert ran_jobs(second) == ran_jobs(first)


def test_it_may_be_asked_for_from_anywhere(failed, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert ran_jobs(failed("rerun", "last", "--json", cwd=elsewhere)) >= {"build", "other"}


def test_where_nothing_failed_nothing_runs(agentmesh, workflow):
    workflow("a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}\n")
    assert agentmesh("run").returncode == 0
    ran = agentmesh("rerun", "--failed")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "nothing failed" in ran.stderr


def test_options_of_the_run_are_kept_and_its_secrets_asked_for_again(agentmesh, workflow):
    step = "{run: 'echo $E ${#S}', env: {S: '${{ secrets.S }}'}}"
    workflow(f"a: {{runs-on: ubuntu-latest, steps: [{step}]}}\n")
    assert agentmesh("run", "--env", "E=kept", "--secret", "S=hunter2").returncode == 0
    refused = agentmesh("rerun")
    assert refused.returncode == 2
    assert "S" in refused.stderr
    ran = agentmesh("rerun", "--secret", "S=other")
    assert "[a] kept 5" in ran.stdout


def test_a_run_that_is_not_known_is_exit_2(agentmesh, tmp_path):
    ran = agentmesh("rerun", "12")
    assert ran.returncode == 2
    assert "there is no run '12'" in ran.stderr
