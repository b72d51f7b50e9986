"""Starting and ending engines. The real ones are started by every test that needs containers."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentmesh.app.engines import answers
from agentmesh.core.errors import SetupError
from agentmesh.executors import engine_up, tree

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an engine is started as root")


def silent(text: str) -> None:
    """Nobody reads it."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[engine_up.Started]:
    started = engine_up.start(str(tmp_path), "podman", answers, silent)
    yield started
    engine_up.stop(str(tmp_path))


def test_an_engine_answers_is_known_and_is_ended_with_all_its_processes(
    engine: engine_up.Started, tmp_path: Path, podman: Any, fill: Any
):
    run_something(engine, podman, fill)
    assert [pid for pid in alive() if mark(engine) in command_line(pid)]
    assert len(engine.socket.encode()) < 108
    assert engine_up.read(str(tmp_path)) == engine
    assert engine_up.start(str(tmp_path), "docker", answers, silent) == engine
    family = {engine.pid} | tree.descendants(tree.table(), [engine.pid])
    assert engine_up.stop(str(tmp_path)) == engine
    assert not family & alive()
    assert [pid for pid in alive() if mark(engine) in command_line(pid)] == []
    assert not answers(engine.socket)
    assert engine_up.read(str(tmp_path)) is None
    assert engine_up.stop(str(tmp_path)) is None


def alive() -> set[int]:
    return {pid for pid, about in tree.table().items() if about[3] not in (b"Z", b"X")}


def mark(engine: engine_up.Started) -> str:
    return os.path.dirname(engine.socket) + "/"


def command_line(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            return file.read()
    except OSError:
        return ""


def run_something(engine: engine_up.Started, podman: Any, fill: Any) -> None:
    """A process in a container, and a container that goes on: both have a watcher."""
    client = type(podman)("podman", engine.socket)
    fill(client)
    body = json.dumps({"Image": client.image, "Cmd": ["sleep", "1040"]}).encode()
    status, made = client.ask("POST", "/v1.40/containers/create", body)
    assert status == 201, made
    assert client.ask("POST", f"/v1.40/containers/{made['Id']}/start")[0] == 204
    body = json.dumps({"Cmd": ["true"]}).encode()
    status, prepared = client.ask("POST", f"/v1.40/containers/{made['Id']}/exec", body)
    assert status == 201, prepared
    body = json.dumps({"Detach": True}).encode()
    assert client.ask("POST", f"/v1.40/exec/{prepared['Id']}/start", body)[0] == 200


def test_an_engine_that_does_not_come_up_is_told_with_its_log(tmp_path: Path, podman: object):
    (tmp_path / "podman").write_text("no folder")
    with pytest.raises(SetupError) as raised:
        engine_up.start(str(tmp_path), "podman", answers, silent)
    assert "podman ended with exit code" in raised.value.message
    assert "podman.log" in raised.value.remedy
    assert engine_up.read(str(tmp_path)) is None


def test_a_number_that_somebody_else_has_now_is_no_engine(tmp_path: Path):
    text = f'{{"kind":"docker","socket":"/x","pid":{os.getpid()},"start":1,"log":""}}'
    (tmp_path / "engine.json").write_text(text)
    assert engine_up.read(str(tmp_path)) is None
    assert engine_up.stop(str(tmp_path)) is None


def test_somebody_listens_or_not(tmp_path: Path):
    place = str(tmp_path / "s")
    assert not answers(place)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen()
        assert answers(place)
