"""``actions/upload-artifact/merge``."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import download_artifact, merge_artifacts, upload_artifact
from agentmesh.core.errors import AgentmeshError


@pytest.fixture(autouse=True)
def _artifacts(bench: Any) -> None:
    for name in ("a-1", "a-2", "b"):
        (bench.workspace / f"{name}.txt").write_text(name)
        bench.use(upload_artifact, name=name, path=f"{name}.txt")


def inside(bench: Any, name: str) -> set[str]:
    bench.use(download_artifact, name=name, path="down")
    down = bench.workspace / "down"
    return {str(p.relative_to(down)) for p in down.rglob("*") if p.is_file()}


def test_merges_into_one_folder_or_several(bench: Any) -> None:
    done = bench.use(merge_artifacts, pattern="a-*")
    assert done.outputs["artifact-id"] == "4"
    assert inside(bench, "merged-artifacts") == {"a-1.txt", "a-2.txt"}
    bench.use(merge_artifacts, name="apart", pattern="[ab]*", separate_directories="true")
    assert inside(bench, "apart") >= {"a-1/a-1.txt", "b/b.txt"}


def test_deletes_what_it_merged_when_asked_to(bench: Any) -> None:
    bench.use(merge_artifacts, pattern="a-*", delete_merged="true")
    assert {a.name for a in bench.artifacts.kept.values()} == {"b", "merged-artifacts"}


def test_nothing_to_merge_fails_unless_told_otherwise(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="No files were found"):
        bench.use(merge_artifacts, pattern="nope")
    assert bench.use(merge_artifacts, pattern="nope", if_no_files_found="ignore").outputs == {}
