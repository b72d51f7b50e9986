"""``docker/setup-buildx-action``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.actions import setup_buildx
from agentmesh.core.errors import Unavailable


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def job(bench: Any, tmp_path: Path) -> Any:
    """A job whose PATH holds what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "buildah", "exit 0")
    bench.env["PATH"] = f"{folder}:/usr/bin:/bin"
    return bench


def test_without_buildx_later_steps_get_a_docker_command(job: Any) -> None:
    done = job.use(setup_buildx, buildkitd_flags="--debug", driver="docker-container", use="true")
    assert done.outputs["name"] == "buildah"
    assert done.outputs["status"] == "running"
    assert done.outputs["platforms"].startswith("linux/")
    assert json.loads(done.outputs["nodes"])[0]["endpoint"] == "buildah"
    assert job.sh("docker buildx version") == "agentmesh, over buildah\n"
    again = job.use(setup_buildx)
    assert again.outputs["name"] == "buildah"


def test_buildx_is_used_where_it_is(job: Any, tmp_path: Path) -> None:
    program(tmp_path / "bin", "docker", "echo real")
    done = job.use(setup_buildx, install="true", version="latest")
    assert (done.outputs["name"], done.outputs["driver"]) == ("buildx", "docker")
    assert job.sh("docker anything") == "real\n"


def test_the_machines_docker_keeps_what_the_command_does_not_do(job: Any, tmp_path: Path) -> None:
    program(tmp_path / "bin", "docker", '[ "$1" = ps ] && echo real')
    job.use(setup_buildx)
    assert job.sh("docker ps") == "real\n"
    assert "buildah" in job.sh("docker buildx ls")


def test_a_job_in_a_container_has_no_builder(job: Any) -> None:
    class InContainer:
        spec = msgspec.structs.replace(job.spec, platform="docker://x")
        uses = "docker/setup-buildx-action@v3"

    with pytest.raises(Unavailable, match="runs in a container"):
        asyncio.run(setup_buildx.place(InContainer()))  # type: ignore[arg-type]  # what it reads


def test_where_nothing_builds_it_says_so(job: Any, tmp_path: Path) -> None:
    (tmp_path / "bin/buildah").unlink()
    job.env["PATH"] = str(tmp_path / "bin")
    with pytest.raises(Unavailable, match="images cannot be built"):
        job.use(setup_buildx)
