"""agentmesh run, as a process."""

from __future__ import annotations

import json
import signal

import pytest

PASS = "a: {runs-on: ubuntu-latest, steps: [{run: echo hello}]}\n"
FAIL = "b: {runs-on: ubuntu-latest, steps: [{run: echo bad; exit 3}]}\n"
SLEEP = """
a:
  runs-on: ubuntu-latest
  steps:
    - run: echo started; sleep 300
"""


def test_a_run_that_succeeds_is_exit_0_and_ends_with_a_summary(agentmesh, workflow):
    workflow(PASS)
    ran = agentmesh("run")
    assert ran.returncode == 0, ran.stderr
    assert "[a] hello" in ran.stdout
    assert ran.stdout.split("\n")[-2].startswith("✓ success in")
    assert ran.stderr == ""


def test_a_failure_is_exit_1_and_names_the_command_to_run_it_again(agentmesh, workflow):
    workflow(PASS + FAIL)
    ran = agentmesh("run", "ci.yml")
    assert ran.returncode == 1
    assert "  │ bad" in ran.stdout
    assert "  again: agentmesh run ci.yml --job b" in ran.stdout


def test_json_prints_events_without_a_gap_and_nothing_else(agentmesh, workflow):
    workflow(PASS + FAIL)
    ran = agentmesh("run", "--json")
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "run.completed"
    assert events[-1]["conclusion"] == "failure"
    assert all(event["time"].endswith("Z") for event in events)
    assert len({event["run"] for event in events}) == 1


def test_a_workflow_that_cannot_be_used_is_exit_2_with_the_place(agentmesh, workflow):
    workflow("a: {runs-on: ubuntu-latest, stepz: []}\n")
    ran = agentmesh("run")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ".github/workflows/ci.yml:3:" in ran.stderr
    assert "^" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "argv",
    [
        ["nowhere.yml"],
        ["--job", "nobody"],
        ["--shell-on-failure"],
        ["--shell-on-failure", "--json"],
        ["--mesh", "nats://x"],
        ["--secret", "NOT_IN_THE_ENVIRONMENT"],
    ],
)
def test_what_cannot_be_done_is_exit_2(agentmesh, workflow, argv):
    workflow(PASS)
    ran = agentmesh("run", *argv)
    assert ran.returncode == 2
    assert ran.stderr.startswith("agentmesh: error: ")


def test_ctrl_c_ends_it_with_130(start, workflow):
    workflow(SLEEP)
    running = start("run")
    assert any("[a] started" in line for line in iter(running.stdout.readline, ""))
    assert any(line == "[a] started\n" for line in iter(running.stdout.readline, ""))
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "⊘ cancelled in" in out
    assert "Traceback" not in err


def test_a_reader_that_leaves_ends_it_quietly(start, workflow):
    workflow("a: {runs-on: ubuntu-latest, steps: [{run: 'while echo y; do sleep 0.05; done'}]}\n")
    running = start("run")
    running.stdout.readline()
    running.stdout.close()
    running.stdout = None
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err == ""


def test_watch_runs_again_when_a_file_changes(start, workflow, tmp_path):
    workflow("a: {runs-on: ubuntu-latest, steps: [{run: 'cat word || true'}, {run: exit 1}]}\n")
    running = start("run", "--watch")
    assert any("✗ failure in" in line for line in iter(running.stdout.readline, ""))
    assert "waiting for a file to change" in running.stderr.readline()
    (tmp_path / "word").write_text("x")
    assert running.stderr.readline() == "word changed\n"
    assert any("✗ failure in" in line for line in iter(running.stdout.readline, ""))
    assert "waiting for a file to change" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 130


def test_a_shell_opens_in_the_place_of_a_failed_step_and_the_job_goes_on(
    terminal, workflow, in_terminal
):
    workflow(
        """
        a:
          runs-on: ubuntu-latest
          env: {WORD: from-the-job}
          steps:
            - run: echo 1 > file; exit 3
            - if: always()
              run: cat file
        """
    )
    window = terminal(100, 40)
    in_terminal(window, "run", "--shell-on-failure")
    window.until(lambda lines: any("has failed. This is a shell" in line for line in lines))
    window.tmux("send-keys", "echo $WORD-$(cat file); echo 2 > file; exit", "Enter")
    lines = window.until(lambda lines: any("✗ failure in" in line for line in lines))
    assert "from-the-job-1" in lines
    assert any("✗ a" in line for line in lines)


def test_a_terminal_gets_the_live_view_and_then_the_summary(terminal, workflow, in_terminal):
    workflow(
        """
        a: {runs-on: ubuntu-latest, steps: [{run: 'until test -e $GO; do sleep 0.05; done'}]}
        b: {needs: a, runs-on: ubuntu-latest, steps: [{run: echo b}]}
        """
    )
    window = terminal(100, 40)
    go = in_terminal(window, "run", "--env", "GO={go}")
    lines = window.until(lambda lines: any("◌ b" in line for line in lines))
    assert any(line.startswith("● a") for line in lines)
    assert any("0 of 2 jobs" in line for line in lines)
    go.touch()
    lines = window.until(lambda lines: any("✓ success in" in line for line in lines))
    assert not any("●" in line for line in lines)
