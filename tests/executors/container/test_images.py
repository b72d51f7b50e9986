"""Images of a real engine: those that are here, those that are not, those that are built."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.executors.docker import images
from agentmesh.executors.docker.api import Engine
from agentmesh.executors.docker.context import Context
from agentmesh.ports.executor import Container


def ask(docker: Any, work: Callable[[Engine, list[str]], Any]) -> tuple[Any, list[str]]:
    said: list[str] = []

    async def whole() -> Any:
        engine = Engine(docker.socket)
        await engine.connect()
        return await work(engine, said)

    return asyncio.run(whole()), said


@pytest.mark.parametrize(
    ("reference", "name", "tag", "registry"),
    [
        ("alpine", "alpine", "latest", "https://index.docker.io/v1/"),
        ("alpine:3", "alpine", "3", "https://index.docker.io/v1/"),
        ("ghcr.io/o/x:1", "ghcr.io/o/x", "1", "ghcr.io"),
        ("localhost:5000/x", "localhost:5000/x", "latest", "localhost:5000"),
        ("x@sha256:00", "x@sha256:00", "", "https://index.docker.io/v1/"),
    ],
)
def test_references_are_taken_apart(reference: str, name: str, tag: str, registry: str):
    assert images.parts(reference) == (name, tag)
    assert images.registry(reference) == registry


def test_credentials_travel_as_the_engine_reads_them():
    wanted = Container(image="ghcr.io/o/x", username="me", password="p>w?")
    said = json.loads(base64.urlsafe_b64decode(images._auth(wanted)))
    assert said == {"username": "me", "password": "p>w?", "serveraddress": "ghcr.io"}
    assert images._auth(Container(image="x")) == ""


def test_an_image_that_is_here_is_used_without_a_word(docker: Any):
    wanted = Container(image=docker.image)
    found, said = ask(docker, lambda engine, said: images.obtain(engine, wanted, said.append))
    assert said == []
    assert images.environment(found)["PATH"] == "/usr/local/bin:/bin"


def test_an_image_that_cannot_be_had_is_an_error_with_its_remedy_and_the_attempt_is_said(
    docker: Any,
):
    wanted = Container(image="127.0.0.1:9/nobody/nothing:1")
    said: list[str] = []
    with pytest.raises(SetupError) as raised:
        ask(docker, lambda engine, _: images.obtain(engine, wanted, said.append))
    assert said[0] == f"Image {wanted.image} is not on this machine: fetching it from 127.0.0.1:9"
    assert wanted.image in raised.value.message
    assert "docker load" in raised.value.remedy


def test_an_image_is_built_once_for_the_same_files(docker: Any, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text(
        f"FROM {docker.image}\nCOPY *.txt /data/\nRUN echo building; cat /data/a.txt > /made\n"
    )
    (tmp_path / "a.txt").write_text(f"{tmp_path}")  # another one for each run of the test
    context = Context(str(tmp_path), "Dockerfile")
    work = lambda engine, said: images.build(engine, context, {}, said.append)  # noqa: E731
    first, said = ask(docker, work)
    assert "building" in said
    second, said = ask(docker, work)
    assert first["Id"] == second["Id"]
    assert len(said) == 1
    assert said[0].startswith("Built before from the same files: agentmesh-action:")
    (tmp_path / "a.txt").write_text("changed")
    third, _ = ask(docker, work)
    assert third["Id"] != first["Id"]
    for image in (first, third):
        assert docker.ask("DELETE", f"/v1.40/images/{image['RepoTags'][0]}")[0] == 200


def test_a_build_that_fails_says_what_the_engine_said(docker: Any, tmp_path: Path):
    (tmp_path / "Dockerfile").write_text(f"FROM {docker.image}\nRUN echo why >&2; exit 3\n")
    said: list[str] = []
    context = Context(str(tmp_path), "Dockerfile")
    with pytest.raises(SetupError, match="could not be built"):
        ask(docker, lambda engine, _: images.build(engine, context, {}, said.append))
    assert "why" in "\n".join(said)
