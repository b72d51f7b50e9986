"""What is taken in the stead of a base image that cannot be had."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.actions.images import buildah, standins
from agentmesh.actions.images.order import Order, Shelf
from agentmesh.actions.images.storage import command
from agentmesh.actions.images.words import platform
from agentmesh.core.errors import SetupError
from fakes.images import write_program

pytestmark = pytest.mark.usefixtures("builder")


def ready(stand_in: str, on: Shelf, place: Any, of: str = "amd64") -> str:
    base = command(f"{on.root}/x", on.temp)
    return asyncio.run(standins.ready(stand_in, platform(of), base, on, place))


def test_an_archive_stands_in_and_the_log_says_so(
    shelf: Shelf, place: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    write_program(base / "hello", "amd64", "from the stand-in\n")
    (base / "Dockerfile").write_text("FROM scratch\nCOPY hello /hello\n")
    output = {"type": "oci", "dest": "image.tar"}
    asyncio.run(buildah.build(Order(folder=str(base), outputs=(output,)), shelf, place))
    stand_in = f"oci-archive:{base}/image.tar"
    (tmp_path / "Dockerfile").write_text('FROM python:3.11-slim\nRUN ["/hello"]\n')
    on = msgspec.structs.replace(shelf, stand_ins={"python:3.11-slim": stand_in, "other": "x"})
    asyncio.run(buildah.build(Order(folder=str(tmp_path)), on, place))
    assert 'RUN ["/hello"]' in capfd.readouterr().out
    assert f"python:3.11-slim is taken from {stand_in}" in place.log
    assert "other" not in place.log


def test_another_image_stands_in_by_its_name(shelf: Shelf, place: Any) -> None:
    assert ready("mirror.example.com/x:1", shelf, place) == "docker-image://mirror.example.com/x:1"


def test_an_archive_that_is_not_there_is_named(shelf: Shelf, place: Any) -> None:
    with pytest.raises(SetupError, match="oci-archive:/none") as caught:
        ready("oci-archive:/none", shelf, place)
    assert "[images]" in caught.value.remedy


def test_debian_has_no_packages_for_some_platforms(shelf: Shelf, place: Any) -> None:
    with pytest.raises(SetupError, match="linux/loong64"):
        ready("packages:python3", shelf, place, "loong64")


def test_packages_that_do_not_exist_are_named(shelf: Shelf, place: Any, tmp_path: Path) -> None:
    broken = tmp_path / "bin" / "apt-get"
    broken.write_text("#!/bin/sh\necho E: Unable to locate package nothing >&2; exit 100\n")
    broken.chmod(0o755)
    with pytest.raises(SetupError, match="Unable to locate package nothing"):
        ready("packages:nothing", shelf, place)


@pytest.mark.slow
def test_debians_packages_make_an_image_once(
    shelf: Shelf, place: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:stable\nRUN useradd ada && test $(id -u ada) = 1000\n"
    )
    on = msgspec.structs.replace(shelf, stand_ins={"debian:stable": "packages:hostname"})
    asyncio.run(buildah.build(Order(folder=str(tmp_path)), on, place))
    assert "RUN useradd" in capfd.readouterr().out
    assert "making localhost/agentmesh/stand-in:" in place.log
    place.said.clear()
    asyncio.run(buildah.build(Order(folder=str(tmp_path), no_cache=True), on, place))
    assert "making" not in place.log
    (tree,) = (Path(shelf.shared) / "stand-ins").iterdir()
    assert tree.suffix == ".tar"
