"""What builds here."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions.images import builder
from agentmesh.core.errors import Unavailable


def with_programs(place: Any, folder: Path, **codes: str) -> None:
    """A PATH with these commands, which are shell scripts, and no others."""
    for name, script in codes.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    place.env = {"PATH": str(folder), "HOME": str(folder)}


def test_buildx_with_a_daemon_comes_first(place: Any, tmp_path: Path) -> None:
    with_programs(place, tmp_path, docker="exit 0", buildah="exit 0")
    assert asyncio.run(builder.find(place)) == "buildx"


@pytest.mark.parametrize("script", ["exit 1", '[ "$1" = buildx ]', '[ "$1" = version ]'])
def test_docker_without_buildx_or_without_a_daemon_leaves_it_to_buildah(
    place: Any, tmp_path: Path, script: str
) -> None:
    with_programs(place, tmp_path, docker=script, buildah="exit 0")
    assert asyncio.run(builder.find(place)) == "buildah"


def test_the_jobs_own_docker_command_is_no_buildx(place: Any, tmp_path: Path) -> None:
    with_programs(place, tmp_path, docker="exit 0", buildah="exit 0")
    place.env = {**place.env, "AGENTMESH_IMAGES": "x"}
    assert asyncio.run(builder.find(place)) == "buildah"


def test_where_nothing_builds_the_message_says_what_to_install(place: Any, tmp_path: Path) -> None:
    with_programs(place, tmp_path)
    with pytest.raises(Unavailable, match="neither docker with buildx") as caught:
        asyncio.run(builder.find(place))
    assert "apt-get install" in caught.value.remedy
