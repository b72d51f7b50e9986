"""Where the container engine of this machine is looked for."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from agentmesh.app import engines
from agentmesh.app.settings import Settings
from agentmesh.core.errors import SetupError


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Listen on a socket below the test's folder."""
    made: list[socket.socket] = []

    def start(name: str) -> str:
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        made.append(socket.socket(socket.AF_UNIX))
        made[-1].bind(str(place))
        made[-1].listen()
        return str(place)

    yield start
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def nobody_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever engine this machine has is not looked at."""
    monkeypatch.setattr(engines, "DOCKER_SOCKET", str(tmp_path / "docker.sock"))
    monkeypatch.setattr(engines, "PODMAN_SOCKET", str(tmp_path / "podman.sock"))


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings(
        store=str(tmp_path / "store"),
        directory=str(tmp_path),
        environ={"HOME": str(tmp_path), **environ},
    )


def write_context(tmp_path: Path, name: str, host: str, *, current: bool = True) -> None:
    meta = tmp_path / ".docker/contexts/meta" / sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(
        json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}})
    )
    if current:
        (tmp_path / ".docker/config.json").write_text(json.dumps({"currentContext": name}))


def test_docker_host_wins(tmp_path: Path, listen: Callable[[str], str]):
    listen("docker.sock")
    write_context(tmp_path, "mine", "unix:///c.sock")
    found = engines.find(settings(tmp_path, DOCKER_HOST="unix:///d.sock"))
    assert found == engines.Found("/d.sock", "DOCKER_HOST")


def test_the_current_context_is_next(tmp_path: Path, listen: Callable[[str], str]):
    listen("docker.sock")
    write_context(tmp_path, "mine", "unix:///c.sock")
    assert engines.find(settings(tmp_path)) == engines.Found("/c.sock", "context mine")


def test_a_context_may_be_named_in_the_environment(tmp_path: Path):
    write_context(tmp_path, "other", "unix:///o.sock", current=False)
    assert engines.find(settings(tmp_path, DOCKER_CONTEXT="other")).socket == "/o.sock"
    with pytest.raises(SetupError, match="'gone' names no engine"):
        engines.find(settings(tmp_path, DOCKER_CONTEXT="gone"))


def test_docker_comes_before_podman_and_only_who_listens_counts(
    tmp_path: Path, listen: Callable[[str], str]
):
    (tmp_path / "docker.sock").touch()
    rootless = listen("run/podman/podman.sock")
    asked = settings(tmp_path, XDG_RUNTIME_DIR=str(tmp_path / "run"))
    assert engines.find(asked) == engines.Found(rootless, "Podman's socket")
    (tmp_path / "docker.sock").unlink()
    docker = listen("docker.sock")
    assert engines.find(asked) == engines.Found(docker, "Docker's socket")


@pytest.mark.parametrize("host", ["tcp://10.0.0.1:2375", "ssh://me@there", "npipe:////./pipe/x"])
def test_an_engine_elsewhere_is_refused_with_the_reason(tmp_path: Path, host: str):
    with pytest.raises(SetupError) as raised:
        engines.find(settings(tmp_path, DOCKER_HOST=host))
    assert "must be on this machine" in raised.value.message


def test_without_an_engine_the_remedy_names_the_command(tmp_path: Path):
    with pytest.raises(SetupError) as raised:
        engines.find(settings(tmp_path))
    assert "agentmesh engine up" in raised.value.remedy
    assert raised.value.exit_code == 3
