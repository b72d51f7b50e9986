"""``actions/upload-pages-artifact``."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import pages_artifact
from agentmesh.core.errors import AgentmeshError


def test_keeps_the_site_as_an_artifact(bench: Any) -> None:
    (bench.workspace / "_site").mkdir()
    (bench.workspace / "_site/index.html").write_text("<p>")
    assert bench.use(pages_artifact).outputs == {"artifact_id": "1"}
    assert [a.name for a in bench.artifacts.kept.values()] == ["github-pages"]


def test_a_missing_site_fails(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="No files were found"):
        bench.use(pages_artifact)
