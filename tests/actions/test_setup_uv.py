"""``astral-sh/setup-uv``."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import setup_uv
from agentmesh.core.errors import AgentmeshError, Unavailable


@pytest.fixture
def job(bench: Any, machine: Path) -> Any:
    """A job on a machine with a uv 0.98.7 on PATH, which installs nothing."""
    folder = machine / "bin"
    folder.mkdir()
    (folder / "uv").write_text(
        '#!/bin/sh\ncase "$1" in\n--version) echo uv 0.98.7;;\npip) exit 1;;\n'
        'venv) mkdir -p "$4/bin";;\n*) echo "$@" >> "$UV_CACHE_DIR/called";;\nesac\n'
    )
    (folder / "uvx").write_text("#!/bin/sh\n")
    for name in ("uv", "uvx"):
        (folder / name).chmod(0o755)
    bench.env["PATH"] = f"{folder}:{bench.env['PATH']}"
    return bench


def test_the_uv_that_fits_comes_first_on_path(job: Any) -> None:
    outputs = job.use(setup_uv, version="0.98.x", enable_cache="false").outputs
    assert outputs["uv-version"] == "0.98.7"
    assert job.sh("uv --version") == "uv 0.98.7\n"
    assert job.sh("command -v uv").strip() == outputs["uv-path"]
    assert job.sh("command -v uvx").strip() == outputs["uvx-path"]
    assert f"{job.dirs.home}/.local/bin" in job.env["PATH"]


@pytest.mark.skipif(find_spec("uv") is None, reason="the extra uv is not installed")
def test_the_extra_of_agentmesh_is_taken_first(bench: Any) -> None:
    outputs = bench.use(setup_uv, enable_cache="false").outputs
    assert bench.sh("uv --version").startswith(f"uv {outputs['uv-version']}")


def test_a_version_that_cannot_be_had_names_those_there_are(job: Any) -> None:
    with pytest.raises(Unavailable, match=r"uv '0\.97\.1' is not on this machine.*0\.98\.7"):
        job.use(setup_uv, version="0.97.1")
    with pytest.raises(AgentmeshError, match="neither a version nor a range"):
        job.use(setup_uv, version="the newest")


@pytest.mark.parametrize(
    ("asked", "requirement"),
    [
        ("", "uv"),
        ("0.5.1", "uv==0.5.1"),
        ("v0.5.1", "uv==0.5.1"),
        ("0.5", "uv==0.5.*"),
        ("0.5.x", "uv==0.5.*"),
        (">=0.4 <1", "uv>=0.4,<1"),
        (">=0.4,<1", "uv>=0.4,<1"),
        ("~=0.5.0", "uv~=0.5.0"),
    ],
)
def test_what_the_index_is_asked_for(asked: str, requirement: str) -> None:
    assert setup_uv.requirement(asked) == requirement


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.toml", 'required-version = "==0.98.7"\n'),
        ("pyproject.toml", '[tool.uv]\nrequired-version = ">=0.98,<0.99"\n'),
    ],
)
def test_the_project_may_name_the_version(job: Any, name: str, text: str) -> None:
    (job.workspace / name).write_text(text)
    assert job.use(setup_uv, enable_cache="false").outputs["uv-version"] == "0.98.7"


def test_a_version_file_must_name_one(job: Any) -> None:
    (job.workspace / ".tool-versions").write_text("uv 0.98.7\n")
    outputs = job.use(setup_uv, version_file=".tool-versions", enable_cache="false").outputs
    assert outputs["uv-version"] == "0.98.7"
    with pytest.raises(AgentmeshError, match="Could not determine uv version from file"):
        job.use(setup_uv, version_file="nothing.toml")


def test_python_and_an_environment(job: Any) -> None:
    done = job.use(
        setup_uv,
        version="0.98.7",
        python_version="3.12",
        activate_environment="true",
        enable_cache="false",
    )
    venv = str(job.workspace / ".venv")
    assert done.outputs["venv"] == venv
    assert job.env["UV_PYTHON"] == "3.12"
    assert job.env["VIRTUAL_ENV"] == venv
    assert job.env["PATH"].startswith(f"{venv}/bin:")


def test_the_cache_is_kept_between_jobs(job: Any) -> None:
    (job.workspace / "uv.lock").write_text("1")
    first = job.use(setup_uv, version="0.98.7")
    assert first.outputs["cache-hit"] == "false"
    folder = Path(job.env["UV_CACHE_DIR"])
    folder.mkdir()
    (folder / "wheel").write_text("w")
    job.finish(setup_uv, first)
    assert (folder / "called").read_text() == "cache prune\n"
    (folder / "wheel").unlink()
    second = job.use(setup_uv, version="0.98.7")
    assert second.outputs["cache-hit"] == "true"
    assert second.outputs["cache-key"] == first.outputs["cache-key"]
    assert (folder / "wheel").exists()
    assert "not saving cache" in job.finish(setup_uv, second).log


def test_the_cache_can_be_switched_off_in_parts(job: Any) -> None:
    off = job.use(setup_uv, enable_cache="false")
    assert "UV_CACHE_DIR" not in job.env
    assert job.finish(setup_uv, off, enable_cache="false").said == []
    silent = job.use(setup_uv, restore_cache="false")
    assert "cache-key" in silent.outputs
    assert "nothing to cache" in job.finish(setup_uv, silent).log
    unsaved = job.use(setup_uv)
    Path(job.env["UV_CACHE_DIR"]).mkdir()
    assert job.finish(setup_uv, unsaved, save_cache="false").said == []
    unsaved.ctx.job_status = "failure"
    assert job.finish(setup_uv, unsaved).said == []
