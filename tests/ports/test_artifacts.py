"""What every keeper of artifacts promises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.artifacts import Artifacts


@pytest.fixture
def files(tmp_path: Path) -> tuple[tuple[str, str], ...]:
    (tmp_path / "a").write_text("text")
    (tmp_path / "b").write_text("more")
    return (("a.txt", str(tmp_path / "a")), ("sub/b.txt", str(tmp_path / "b")))


def test_what_was_uploaded_is_listed_and_comes_back(
    artifacts: Artifacts, files: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    made = asyncio.run(artifacts.upload("r1", "dist", files))
    asyncio.run(artifacts.upload("r1", "alpha", files[:1]))
    asyncio.run(artifacts.upload("r2", "dist", files))
    assert (made.run, made.name, made.files, made.size) == ("r1", "dist", 2, 8)
    assert made.digest.startswith("sha256:")
    assert made.expires is not None
    assert made.expires > made.created
    listed = asyncio.run(artifacts.list("r1"))
    assert [artifact.name for artifact in listed] == ["alpha", "dist"]
    assert listed[1] == made
    assert asyncio.run(artifacts.download(made, str(tmp_path / "out"))) == 2
    assert (tmp_path / "out" / "sub" / "b.txt").read_text() == "more"


def test_a_name_is_taken_unless_it_is_overwritten(
    artifacts: Artifacts, files: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    first = asyncio.run(artifacts.upload("r1", "dist", files))
    with pytest.raises(AgentmeshError):
        asyncio.run(artifacts.upload("r1", "dist", files))
    second = asyncio.run(artifacts.upload("r1", "dist", files[:1], overwrite=True))
    assert second.id != first.id
    assert asyncio.run(artifacts.list("r1")) == (second,)
    assert asyncio.run(artifacts.download(second, str(tmp_path / "out"))) == 1


def test_what_was_deleted_is_gone(artifacts: Artifacts, files: tuple[tuple[str, str], ...]) -> None:
    made = asyncio.run(artifacts.upload("r1", "dist", files))
    asyncio.run(artifacts.delete(made))
    assert asyncio.run(artifacts.list("r1")) == ()


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a*"])
def test_names_that_are_not_allowed_are_refused(artifacts: Artifacts, name: str) -> None:
    with pytest.raises(AgentmeshError):
        asyncio.run(artifacts.upload("r1", name, ()))
