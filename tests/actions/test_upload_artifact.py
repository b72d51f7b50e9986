"""``actions/upload-artifact``: which files, under which names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import download_artifact, upload_artifact
from agentmesh.core.errors import AgentmeshError


@pytest.fixture
def files(bench: Any) -> Path:
    for name in ("out/a.txt", "out/b.log", "out/sub/c.txt", "out/.hidden", "docs/d.md", "top.txt"):
        path = bench.workspace / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    return Path(bench.workspace)


def contents(bench: Any, **given: str) -> set[str]:
    """Names in the artifact."""
    done = bench.use(upload_artifact, **given)
    bench.use(download_artifact, name=given.get("name", "artifact"), path="down")
    down = bench.workspace / "down"
    assert done.outputs["artifact-id"]
    return {str(p.relative_to(down)) for p in down.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("out", {"a.txt", "b.log", "sub/c.txt"}),
        ("out/", {"a.txt", "b.log", "sub/c.txt"}),
        ("out/a.txt", {"a.txt"}),
        ("out/*.txt", {"a.txt"}),
        ("out/**/*.txt", {"a.txt", "sub/c.txt"}),
        ("out/a.txt\ndocs/d.md", {"out/a.txt", "docs/d.md"}),
        ("out\ndocs", {"out/a.txt", "out/b.log", "out/sub/c.txt", "docs/d.md"}),
        ("out\n!out/*.log", {"a.txt", "sub/c.txt"}),
        ("out\n!out/sub", {"a.txt", "b.log"}),
        ("out\n!out/sub\nout/sub/c.txt", {"a.txt", "b.log", "sub/c.txt"}),
        ("# a comment\nout/[ab].*", {"a.txt", "b.log"}),
        ("out/?.txt\nnot-there", {"out/a.txt"}),
    ],
)
def test_names_start_at_the_least_common_folder(
    bench: Any, files: Path, path: str, expected: set[str]
) -> None:
    assert contents(bench, path=path) == expected


def test_hidden_files_come_only_when_asked_for(bench: Any, files: Path) -> None:
    assert ".hidden" in contents(bench, path="out", include_hidden_files="true")


def test_links_are_uploaded_as_what_they_point_to(bench: Any, files: Path) -> None:
    os.symlink("a.txt", files / "out/link.txt")
    os.symlink("nowhere", files / "out/broken.txt")
    os.symlink("..", files / "out/loop")
    names = contents(bench, path="out/*.txt")
    assert names == {"a.txt", "link.txt"}
    assert not (files / "down/link.txt").is_symlink()


def test_an_absolute_path_outside_the_workspace_works(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "far.txt").write_text("x")
    assert contents(bench, path=str(tmp_path / "far.txt")) == {"far.txt"}


def test_outputs_name_the_artifact(bench: Any, files: Path) -> None:
    outputs = bench.use(upload_artifact, path="out", retention_days="5").outputs
    assert outputs["artifact-id"] == "1"
    assert outputs["artifact-url"] == "https://github.com/octo/repo/actions/runs/1/artifacts/1"
    assert len(outputs["artifact-digest"]) == 64


def test_no_files_warn_fail_or_are_silent(bench: Any) -> None:
    done = bench.use(upload_artifact, path="none")
    assert done.outputs == {}
    assert done.ctx.warnings() == [
        "No files were found with the provided path: none. No artifacts will be uploaded."
    ]
    assert bench.use(upload_artifact, path="none", if_no_files_found="ignore").ctx.warnings() == []
    with pytest.raises(AgentmeshError, match="No files were found"):
        bench.use(upload_artifact, path="none", if_no_files_found="error")
    with pytest.raises(AgentmeshError, match="Unrecognized if-no-files-found input"):
        bench.use(upload_artifact, path="none", if_no_files_found="maybe")


def test_a_name_is_taken_once_unless_overwritten(bench: Any, files: Path) -> None:
    bench.use(upload_artifact, path="out/a.txt")
    with pytest.raises(AgentmeshError, match="exists"):
        bench.use(upload_artifact, path="out/a.txt")
    again = bench.use(upload_artifact, path="out/a.txt", overwrite="true")
    assert again.outputs["artifact-id"] == "2"


def test_a_single_file_may_stay_unpacked(bench: Any, files: Path) -> None:
    done = bench.use(upload_artifact, path="top.txt", archive="false")
    assert "Artifact top.txt has 1 files" in done.ctx.log
    with pytest.raises(AgentmeshError, match="only a single file"):
        bench.use(upload_artifact, path="out", archive="false")
