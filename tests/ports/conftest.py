"""Every implementation of a port that keeps files: what is used, and what tests of others use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from agentmesh.ports.artifacts import Artifacts
from agentmesh.ports.cache import Cache
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.cache import FileCache
from agentmesh.store.layout import Layout
from fakes.stores import FolderArtifacts, FolderCache

CACHES: dict[str, Callable[[Path], Cache]] = {
    "store": lambda folder: FileCache(Layout(str(folder))),
    "fake": FolderCache,
}
ARTIFACTS: dict[str, Callable[[Path], Artifacts]] = {
    "store": lambda folder: FileArtifacts(Layout(str(folder))),
    "fake": FolderArtifacts,
}


@pytest.fixture(params=CACHES)
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Cache:
    return CACHES[request.param](tmp_path / "store")


@pytest.fixture(params=ARTIFACTS)
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    return ARTIFACTS[request.param](tmp_path / "store")
