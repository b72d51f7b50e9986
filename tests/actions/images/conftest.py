"""A shelf, a place to build in, and a registry."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from agentmesh.actions.images.docker import Terminal
from agentmesh.actions.images.order import Shelf
from agentmesh.actions.images.words import native
from fakes.images import Registry, allow_arm64, need, own_mounts, registry


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """The images of one job and its repository."""
    for name in ("job", "home", "shared/repo/own"):
        (tmp_path / name).mkdir(parents=True)
    return Shelf(
        root=str(tmp_path / "shared/repo/own"),
        shared=str(tmp_path / "shared"),
        temp=str(tmp_path / "job"),
        machine=native(os.uname().machine),
        home=str(tmp_path / "home"),
    )


class Place(Terminal):
    """A place that keeps what is said and run."""

    def __init__(self, home: str, path: str) -> None:
        super().__init__({"PATH": path, "HOME": home, "AGENTMESH_IMAGES": "here"}, None)
        self.said: list[str] = []

    @property
    def _stream(self) -> TextIO:
        return sys.stdout  # as it is when something is printed: tests capture it

    @_stream.setter
    def _stream(self, stream: TextIO | None) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)

    @property
    def log(self) -> str:
        return "\n".join(self.said)


@pytest.fixture
def place(shelf: Shelf, tmp_path: Path) -> Place:
    return Place(shelf.home, own_mounts(tmp_path / "bin"))


@pytest.fixture
def builder() -> None:
    """This machine builds images."""
    need("buildah")


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def emulation(builder: None) -> None:
    """Programs for arm64 run here."""
    allow_arm64()
