"""``actions/setup-go``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import setup_go
from agentmesh.core.errors import AgentmeshError, Unavailable


@pytest.fixture
def job(bench: Any, machine: Path) -> Any:
    """A job on a machine with Go 1.98.2 on PATH and 1.99.0 in GOROOT."""
    for place, version in (("bin", "1.98.2"), ("root/bin", "1.99.0")):
        folder = machine / place
        folder.mkdir(parents=True)
        for name in ("go", "gofmt"):
            (folder / name).write_text(f"#!/bin/sh\necho go version go{version} linux/amd64\n")
            (folder / name).chmod(0o755)
    bench.env["PATH"] = f"{machine}/bin:{bench.env['PATH']}"
    bench.env["GOROOT"] = str(machine / "root")
    return bench


@pytest.mark.parametrize(
    ("asked", "version"),
    [("1.98", "1.98.2"), ("1.99.0", "1.99.0"), ("stable", "1.99.0"), (">=1.98", "1.99.0")],
)
def test_the_version_asked_for_comes_first_on_path(job: Any, asked: str, version: str) -> None:
    done = job.use(setup_go, go_version=asked, cache="false")
    assert done.outputs == {"go-version": version, "cache-hit": ""}
    assert job.sh("go version") == f"go version go{version} linux/amd64\n"
    assert job.env["GOTOOLCHAIN"] == "local"


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("go.mod", "module x\n\ngo 1.98\n", "1.98"),
        ("go.mod", "go 1.98.0\n\ntoolchain go1.98.2\n", "1.98.2"),
        (".tool-versions", "golang 1.98.1\n", "1.98.1"),
        (".go-version", "go1.98\n", "1.98"),
        ("go.mod", "module x\n", ""),
    ],
)
def test_a_file_names_the_version(name: str, text: str, version: str) -> None:
    assert setup_go.from_file(text, name) == version


def test_what_is_not_there_is_said(job: Any) -> None:
    with pytest.raises(Unavailable, match=r"Go '1\.1' .* There are: 1\.98\.2, 1\.99\.0"):
        job.use(setup_go, go_version="1.1")
    with pytest.raises(AgentmeshError, match="neither a version nor a range"):
        job.use(setup_go, go_version="newest")
    with pytest.raises(AgentmeshError, match="does not exist"):
        job.use(setup_go, go_version_file="go.mod")
    (job.workspace / "go.mod").write_text("module x\n")
    with pytest.raises(AgentmeshError, match="No Go version was found"):
        job.use(setup_go, go_version_file="go.mod")


def test_modules_are_kept_by_go_mod(job: Any) -> None:
    assert "go.mod" in job.use(setup_go, go_version="1.98").ctx.warnings()[0]
    (job.workspace / "go.mod").write_text("module x\n")
    first = job.use(setup_go, go_version="1.98")
    assert first.outputs["cache-hit"] == "false"
    (job.home / "go/pkg/mod").mkdir(parents=True)
    (job.home / "go/pkg/mod/m").write_text("m")
    job.finish(setup_go, first)
    assert job.use(setup_go, go_version="1.98").outputs["cache-hit"] == "true"
