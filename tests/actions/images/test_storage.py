"""buildah on a storage root."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentmesh.actions.images.storage import checked, command
from agentmesh.core.errors import AgentmeshError


def test_what_is_mounted_is_the_jobs_affair() -> None:
    found = command("/store", "/job", "--storage-opt", "x")
    assert found == (
        *("buildah", "--storage-driver", "overlay", "--storage-opt", "x"),
        *("--root", "/store", "--runroot", "/job/run"),
    )


def test_a_command_that_fails_is_told_by_its_last_line(place: Any) -> None:
    assert asyncio.run(checked(place, ("echo", "yes"))) == "yes\n"
    with pytest.raises(AgentmeshError, match="buildah failed: second"):
        asyncio.run(checked(place, ("sh", "-c", "echo first; echo second; exit 3")))
    with pytest.raises(AgentmeshError, match="exit code 3"):
        asyncio.run(checked(place, ("sh", "-c", "exit 3")))
