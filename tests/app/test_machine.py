"""This machine, put together."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from agentmesh import __version__
from agentmesh.app.arguments import RunArguments
from agentmesh.app.clock import SystemClock
from agentmesh.app.machine import importable, this_machine, which
from agentmesh.app.settings import Settings
from agentmesh.app.work import Work
from agentmesh.executors.spawner import Spawner


def test_programs_are_found_as_a_shell_finds_them(tmp_path: Path):
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\n")
    (tmp_path / "folder").mkdir()
    assert which("tool", f"{tmp_path}:/usr/bin") is None
    tool.chmod(0o755)
    assert which("tool", f"/usr/bin:{tmp_path}") == str(tool)
    assert which("folder", str(tmp_path)) is None


def test_any_python_of_a_job_can_import_agentmesh_and_finds_nothing_else_of_ours(tmp_path: Path):
    folder = importable(str(tmp_path))
    assert importable(str(tmp_path)) == folder
    program = "import agentmesh, agentmesh.core.errors; print(agentmesh.__version__)"
    env = {"PYTHONPATH": folder, "PATH": os.environ["PATH"]}
    plain = [sys.executable, "-S", "-c", program]
    done = subprocess.run(plain, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == __version__
    needs = [sys.executable, "-S", "-c", "import agentmesh.core.events"]
    assert subprocess.run(needs, env=env, check=False, capture_output=True).returncode == 0
    alone = [sys.executable, "-S", "-c", "import msgspec"]
    assert subprocess.run(alone, env=env, check=False, capture_output=True).returncode == 1


def test_parts_are_made_once_and_when_asked_for(tmp_path: Path):
    settings = Settings(store=str(tmp_path), directory=str(tmp_path), environ={"PATH": "/bin"})
    work = Work(str(tmp_path), str(tmp_path))
    machine = this_machine(settings, RunArguments(), Spawner(), SystemClock(), work)
    assert machine.executor() is machine.executor()
    assert machine.containers() is machine.containers()
    assert machine.services() is machine.services()
    assert machine.env["PATH"] == "/bin"
