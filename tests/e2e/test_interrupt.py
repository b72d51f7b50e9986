"""Ctrl-C: what runs is cancelled, what must run still runs, and nothing is left behind."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORKFLOW = """
on: push
jobs:
  long:
    runs-on: ubuntu-latest
    steps:
      - name: daemon
        run: |
          setsid sleep 300 > /dev/null 2>&1 &
          echo "pid $!"
      - name: waits
        run: |
          echo "ready"
          sleep 300
      - name: plain
        run: echo "must not run"
      - name: always
        if: always()
        run: echo "status ${{ job.status }}"
      - name: cancelled
        if: cancelled()
        run: ':'
  next:
    needs: long
    runs-on: ubuntu-latest
    steps:
      - run: ':'
"""
FILE = ".github/workflows/ci.yml"
STUBBORN = """
on: push
jobs:
  long:
    runs-on: ubuntu-latest
    steps:
      - name: ignores
        run: |
          trap 'echo interrupted' INT
          trap '' TERM
          echo "ready"
          while true; do sleep 1; done
      - if: always()
        run: sleep 300
"""


def sleepers(marker: str) -> list[int]:
    """Processes whose environment holds the marker; those of a job all do."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if marker.encode() in environ:
                found.append(int(entry.name))
    return found


def test_one_interrupt_cancels_and_still_runs_what_always_runs(
    repository: Callable[..., Path], start_cli: Callable[..., Any]
) -> None:
    marker = f"MARKER={os.getpid()}-{time.monotonic_ns()}"
    repo = repository({FILE: WORKFLOW})
    running = start_cli("run", "--json", "--env", marker, cwd=repo)
    running.wait_for("log", step="waits", text="ready")
    assert sleepers(marker)
    running.interrupt()
    ran = running.finish()
    assert ran.code == 130
    assert ran.jobs["long"] == "cancelled"
    assert ran.jobs["next"] in ("skipped", "cancelled")
    steps = ran.steps("long")
    assert steps["waits"] == "cancelled"
    assert steps["plain"] == "skipped"
    assert steps["always"] == "success"
    assert steps["cancelled"] == "success"
    assert ran.log("long", "always") == ["status cancelled"]
    assert ran.conclusion == "cancelled"
    assert not sleepers(marker)


def test_a_second_interrupt_ends_everything_at_once(
    repository: Callable[..., Path], start_cli: Callable[..., Any]
) -> None:
    marker = f"MARKER={os.getpid()}-{time.monotonic_ns()}"
    repo = repository({FILE: STUBBORN})
    running = start_cli("run", "--json", "--env", marker, cwd=repo)
    running.wait_for("log", step="ignores", text="ready")
    running.interrupt()
    running.wait_for("log", step="ignores", text="interrupted")
    running.interrupt()
    ran = running.finish()
    assert ran.code == 130
    assert ran.jobs == {"long": "cancelled"}
    assert not sleepers(marker)


def test_nothing_outlives_a_killed_agentmesh(
    repository: Callable[..., Path], start_cli: Callable[..., Any]
) -> None:
    marker = f"MARKER={os.getpid()}-{time.monotonic_ns()}"
    repo = repository({FILE: WORKFLOW})
    running = start_cli("run", "--json", "--env", marker, cwd=repo)
    running.wait_for("log", step="waits", text="ready")
    running.process.kill()
    running.finish()
    deadline = time.monotonic() + 20
    while sleepers(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not sleepers(marker)
