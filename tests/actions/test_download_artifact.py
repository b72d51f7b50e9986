"""``actions/download-artifact``."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import download_artifact, upload_artifact
from agentmesh.core.errors import AgentmeshError


@pytest.fixture(autouse=True)
def _artifacts(bench: Any) -> None:
    for name in ("cov-1", "cov-2", "wheel"):
        (bench.workspace / f"{name}.txt").write_text(name)
        bench.use(upload_artifact, name=name, path=f"{name}.txt")
        (bench.workspace / f"{name}.txt").unlink()


def got(bench: Any, **given: str) -> set[str]:
    done = bench.use(download_artifact, **given)
    root = bench.workspace / given.get("path", "")
    assert done.outputs == {"download-path": str(root)}
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "wheel"}, {"wheel.txt"}),
        ({}, {"cov-1/cov-1.txt", "cov-2/cov-2.txt", "wheel/wheel.txt"}),
        ({"pattern": "cov-*"}, {"cov-1/cov-1.txt", "cov-2/cov-2.txt"}),
        ({"pattern": "cov-*", "merge_multiple": "true"}, {"cov-1.txt", "cov-2.txt"}),
        ({"pattern": "!cov-*"}, {"wheel/wheel.txt"}),
        ({"pattern": "{wheel,cov-[2-9]}"}, {"wheel/wheel.txt", "cov-2/cov-2.txt"}),
        ({"pattern": "nothing-*"}, set()),
        ({"artifact_ids": "1, 3"}, {"cov-1/cov-1.txt", "wheel/wheel.txt"}),
        ({"artifact_ids": "2"}, {"cov-2.txt"}),
    ],
)
def test_brings_what_is_asked_for(bench: Any, given: dict[str, str], expected: set[str]) -> None:
    assert got(bench, path="in/to", **given) == expected


def test_the_workspace_is_the_default_folder_and_home_may_be_named(bench: Any) -> None:
    assert got(bench, name="wheel") == {"wheel.txt"}
    bench.use(download_artifact, name="wheel", path="~/dist")
    assert (bench.home / "dist/wheel.txt").exists()


def test_a_name_that_is_not_there_lists_those_that_are(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="Artifact not found for name: nope") as caught:
        bench.use(download_artifact, name="nope")
    assert "cov-1, cov-2, wheel" in caught.value.remedy
    with pytest.raises(AgentmeshError, match="has the id 9"):
        bench.use(download_artifact, artifact_ids="1,9")
    with pytest.raises(AgentmeshError, match="Invalid artifact ID: 'x'"):
        bench.use(download_artifact, artifact_ids="x")
    with pytest.raises(AgentmeshError, match="cannot be used together"):
        bench.use(download_artifact, artifact_ids="1", name="wheel")


def test_another_repository_needs_the_network(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="Artifacts of foo/bar are not on this machine"):
        bench.use(download_artifact, github_token="t", repository="foo/bar", run_id="77")
