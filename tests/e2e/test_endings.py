"""However a run ends — Ctrl-C, kill -9, a time-out, a full disk — nothing is left behind, and what
happened is said and kept."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

WORKFLOW = ".github/workflows/ci.yml"

TRAPPED = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: long
        run: |
          trap 'echo interrupted; exit 9' INT
          echo "pid $$"
          while :; do sleep 0.05; done
      - name: normal
        run: echo not this
      - name: tidy
        if: always()
        run: echo tidied up
      - name: asked
        if: cancelled()
        run: echo asked for
  after:
    needs: build
    runs-on: ubuntu-latest
    steps:
      - run: echo never
"""

STUBBORN = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - name: long
        run: |
          trap 'echo asked' INT
          trap '' TERM
          (trap '' INT TERM; setsid sleep 600 & echo "daemon $!")
          echo "pid $$"
          while :; do sleep 0.05 || true; done
      - name: tidy
        if: always()
        run: echo tidied up
"""


def one_step(script: str) -> str:
    """A workflow with one job of one step."""
    return f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {script}\n"


def running(marker: str) -> list[str]:
    """Processes of this machine whose environment holds a text."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            environ = Path("/proc", pid, "environ").read_bytes()
            state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if marker.encode() in environ and state != "Z":
            found.append(pid)
    return found


def gone(marker: str, seconds: float = 30) -> bool:
    """Whether all such processes end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not running(marker):
            return True
        time.sleep(0.02)
    return False


def test_ctrl_c_ends_steps_gracefully_and_always_steps_still_run(repository, start_cli):
    repo = repository({WORKFLOW: TRAPPED})
    run = start_cli("run", "--json", "--event", "push", cwd=repo)
    run.wait_for("log", step="long")
    run.interrupt()
    ran = run.finish()
    assert ran.code == 130
    assert ran.steps("build") == {
        "long": "cancelled",
        "normal": "skipped",
        "tidy": "success",
        "asked": "success",
    }
    assert "interrupted" in ran.log(step="long")
    assert ran.jobs == {"build": "cancelled", "after": "skipped"}
    assert ran.conclusion == "cancelled"


def test_a_second_ctrl_c_ends_everything_at_once(repository, start_cli):
    repo = repository({WORKFLOW: STUBBORN})
    run = start_cli("run", "--json", "--event", "push", "--env", "MARK=second-ctrl-c", cwd=repo)
    run.wait_for("log", step="long")
    run.interrupt()
    run.wait_for("log", step="long", text="asked")  # else the two may arrive as one
    run.interrupt()
    ran = run.finish()
    assert ran.code == 130
    assert ran.jobs == {"build": "cancelled"}
    assert gone("MARK=second-ctrl-c")


def test_kill_9_leaves_no_process_and_the_next_run_sweeps_up(
    repository, start_cli, run_cli, cli_environment
):
    repo = repository({WORKFLOW: STUBBORN})
    run = start_cli("run", "--json", "--event", "push", "--env", "MARK=kill-nine", cwd=repo)
    started = run.wait_for("run.started")
    run.wait_for("log", step="long")
    run.process.send_signal(signal.SIGKILL)
    run.finish()
    assert gone("MARK=kill-nine")
    history = run_cli("history", "--json", cwd=repo)
    assert history.code == 0
    assert '"interrupted"' in history.stdout
    text = STUBBORN.partition("    steps:")[0] + "    steps: [{run: 'true'}]"
    quick = repository({WORKFLOW: text}, name="quick")
    assert run_cli("run", "--json", "--event", "push", cwd=quick).code == 0
    assert os.listdir(cli_environment["AGENTMESH_HOME"] + "/work") == []
    assert run_cli("logs", started["run"], cwd=repo).code == 0


def test_a_daemon_that_forked_away_ends_with_its_job(repository, run_cli):
    script = "setsid sh -c 'exec </dev/null >/dev/null 2>&1; sleep 600' & disown; echo left"
    repo = repository({WORKFLOW: one_step(script)})
    ran = run_cli("run", "--json", "--event", "push", "--env", "MARK=forked-away", cwd=repo)
    assert ran.code == 0
    assert running("MARK=forked-away") == []


def test_nothing_of_a_job_stays_in_the_store_but_its_history(repository, run_cli, cli_environment):
    repo = repository({WORKFLOW: TRAPPED.replace("while :; do sleep 0.05; done", "true")})
    assert run_cli("run", "--json", "--event", "push", cwd=repo).code == 0
    assert os.listdir(cli_environment["AGENTMESH_HOME"] + "/work") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)], check=False
    )
    assert mounted.returncode == 0, "this test makes a small file system, which takes root"
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small file system")
def test_a_full_disk_is_said_and_ends_the_run_in_order(repository, run_cli, small_disk: Path):
    repo = repository({WORKFLOW: one_step("head -c 20000000 /dev/urandom > big; echo after")})
    ran = run_cli("--store", str(small_disk), "run", "--json", "--event", "push", cwd=repo)
    assert ran.code == 1
    assert ran.jobs == {"a": "failure"}
    assert "Traceback" not in ran.stderr
    assert any("No space left on device" in line for line in ran.log())
