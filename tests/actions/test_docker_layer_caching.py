"""``satackey/action-docker-layer-caching``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import build_push, docker_layer_caching
from agentmesh.actions.docker_layer_caching import stored
from fakes.images import need, own_mounts, write_program

KEYS = {"key": "docker-cache-{hash}", "restore_keys": "docker-cache-"}


@pytest.fixture
def job(bench: Any, tmp_path: Path) -> Any:
    need("buildah")
    bench.env["PATH"] = own_mounts(tmp_path / "bin")
    write_program(bench.workspace / "hello", "amd64", "it ran\n")
    (bench.workspace / "Dockerfile").write_text('FROM scratch\nCOPY hello /h\nRUN ["/h"]\n')
    return bench


def test_layers_come_back_on_a_machine_that_has_none(job: Any, machine: Path) -> None:
    first = job.use(docker_layer_caching, **KEYS)
    assert "Using cache" not in job.use(build_push, context=".").ctx.log
    saved = job.finish(docker_layer_caching, first, **KEYS)
    assert "Cache saved with key: docker-cache-" in saved.log

    shutil.rmtree(machine / "shared")
    second = job.use(docker_layer_caching, **KEYS)
    assert "images and layers were restored" in second.ctx.log
    assert "Using cache" in job.use(build_push, context=".").ctx.log
    assert "No layers were added" in job.finish(docker_layer_caching, second, **KEYS).log


def test_where_the_layers_are_nothing_is_restored(job: Any) -> None:
    job.use(build_push, context=".")
    done = job.use(docker_layer_caching, **KEYS)
    assert "nothing to restore" in done.ctx.log


def test_nothing_is_saved_where_nothing_is_asked_for_or_the_job_failed(job: Any) -> None:
    done = job.use(docker_layer_caching, **KEYS, concurrency="8")
    job.use(build_push, context=".")
    assert job.finish(docker_layer_caching, done, **KEYS, skip_save="true").log == ""
    done.ctx.job_status = "failure"
    assert job.finish(docker_layer_caching, done, **KEYS).log == ""


def test_images_are_counted_over_all_roots(tmp_path: Path) -> None:
    for place in ("default/linux_amd64", "gha-a/linux_arm64"):
        folder = tmp_path / place / "overlay-images" / (place[:1] * 64)
        folder.mkdir(parents=True)
        (tmp_path / place / "overlay").mkdir()
    assert stored(str(tmp_path)) == ("d" * 64, "g" * 64)
    assert stored(str(tmp_path / "none")) == ()


def test_with_a_daemon_it_is_the_images_the_job_has_added(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(
        "#!/bin/sh\n"
        f"echo docker $@ >> {tmp_path}/log\n"
        f"case $1 in images) cat {tmp_path}/images ;; save) echo saved > $3 ;; esac\n"
    )
    (folder / "docker").chmod(0o755)
    (tmp_path / "images").write_text("sha256:old\n")
    bench.env["PATH"] = f"{folder}:/usr/bin:/bin"
    done = bench.use(docker_layer_caching, **KEYS)
    (tmp_path / "images").write_text("sha256:old\nsha256:new\n")
    assert "Cache saved with key" in bench.finish(docker_layer_caching, done, **KEYS).log
    (tmp_path / "images").write_text("")
    again = bench.use(docker_layer_caching, **KEYS)
    log = (tmp_path / "log").read_text()
    assert "layers.tar sha256:new\n" in log
    assert "docker load --quiet --input" in log
    assert again.ctx.state["before"] == ""
