"""The ``docker`` command that a job gets."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from agentmesh.actions.images import shim
from agentmesh.actions.images.order import Shelf


def run(folder: str, *arguments: str, env: dict[str, str] | None = None) -> Any:
    return subprocess.run(
        [f"{folder}/docker", *arguments],
        env={"PATH": f"{folder}:/usr/bin:/bin", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_knows_its_builder(shelf: Shelf) -> None:
    folder = shim.write(shelf, "")
    done = run(folder, "buildx", "ls")
    assert done.returncode == 0
    assert "buildah" in done.stdout


def test_what_it_does_not_know_goes_to_the_machines_docker(shelf: Shelf, tmp_path: Path) -> None:
    own = tmp_path / "own-docker"
    own.write_text('#!/bin/sh\necho "own $@"; exit 7\n')
    own.chmod(0o755)
    done = run(shim.write(shelf, str(own)), "run", "--rm", "alpine")
    assert (done.returncode, done.stdout) == (7, "own run --rm alpine\n")


def test_without_a_docker_of_the_machines_it_says_what_is_missing(shelf: Shelf) -> None:
    done = run(shim.write(shelf, ""), "run", "alpine")
    assert done.returncode == 1
    assert "docker run needs a container engine" in done.stderr


def test_it_runs_whatever_the_job_sets_for_python(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('the wrong one')")
    done = run(shim.write(shelf, ""), "buildx", "version", env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (0, "agentmesh, over buildah\n")
