"""The container engine of this machine: where it listens, and starting one where we are root.

Called by :mod:`agentmesh.app.machine` when a job first needs containers, and by ``agentmesh
engine``. An engine is looked for where the user says (DOCKER_HOST, docker's current context), then
where one was started by ``agentmesh engine up``, then where Docker and Podman listen by themselves.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import SetupError

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings
    from agentmesh.executors.container import ContainerPlaces
    from agentmesh.executors.docker.api import Engine
    from agentmesh.executors.engine_up import Started
    from agentmesh.ports.executor import Executor

_UNIX = "unix://"
DOCKER_SOCKET = "/var/run/docker.sock"
PODMAN_SOCKET = "/run/podman/podman.sock"


class Found(msgspec.Struct, frozen=True):
    """A socket, and who named it."""

    socket: str
    source: str


def places(
    settings: Settings, host: Callable[[], Executor], node: Callable[[], str]
) -> ContainerPlaces:
    """What makes places with containers in them; an engine is looked for when one is needed."""
    from agentmesh.executors.container import ContainerPlaces
    from agentmesh.store.alive import owner, owner_lives

    async def engine() -> Engine:
        return await connect(find(settings))

    return ContainerPlaces(engine, host, owner=owner(), lives=owner_lives, node=node)


async def connect(found: Found) -> Engine:
    """Speak to an engine. Raises SetupError where none answers."""
    from agentmesh.executors.docker.api import Engine

    engine = Engine(found.socket)
    await engine.connect()
    return engine


def find(settings: Settings) -> Found:
    """The engine to use. Raises SetupError with the remedy where there is none."""
    environ = settings.environ
    named = _named(environ)
    if named is not None:
        return named
    for place, source in _usual(settings):
        if answers(place):
            return Found(place, source)
    raise SetupError(
        "this job needs containers, and no container engine is running on this machine",
        remedy="start Docker or Podman, or where you are root `agentmesh engine up`; an engine "
        "that listens elsewhere is named with DOCKER_HOST=unix://SOCKET",
    )


def answers(place: str) -> bool:
    """Whether somebody listens on a unix socket, and lets us speak to them."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ours:
            ours.connect(place)
    except OSError:
        return False
    return True


def up(settings: Settings, kind: str, say: Callable[[str], None]) -> Started:
    """Start an engine of agentmesh's own, and wait until it answers. Raises SetupError."""
    from agentmesh.executors import engine_up
    from agentmesh.store.layout import make

    return engine_up.start(make(_folder(settings)), kind, answers, say)


def down(settings: Settings) -> Started | None:
    """End the engine that :func:`up` has started, with all its processes; None where none runs."""
    from agentmesh.executors import engine_up

    return engine_up.stop(_folder(settings))


def started(settings: Settings) -> Started | None:
    """The engine that :func:`up` has started, if it runs."""
    from agentmesh.executors import engine_up

    return engine_up.read(_folder(settings))


def _folder(settings: Settings) -> str:
    return os.path.join(settings.store, "engine")


def _named(environ: Mapping[str, str]) -> Found | None:
    """What the user has named: DOCKER_HOST, else the current context of docker's command line."""
    host = environ.get("DOCKER_HOST") or environ.get("CONTAINER_HOST") or ""
    if host:
        return Found(_socket(host, "DOCKER_HOST"), "DOCKER_HOST")
    config = environ.get("DOCKER_CONFIG") or os.path.join(environ.get("HOME", ""), ".docker")
    name = environ.get("DOCKER_CONTEXT") or _text(_json(f"{config}/config.json"), "currentContext")
    if name in ("", "default"):
        return None
    from hashlib import sha256

    meta = f"{config}/contexts/meta/{sha256(name.encode()).hexdigest()}/meta.json"
    endpoints = _json(meta).get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    host = _text(docker, "Host") if isinstance(docker, dict) else ""
    if not host:
        raise SetupError(
            f"docker's context {name!r} names no engine", remedy="choose one: docker context use"
        )
    return Found(_socket(host, f"docker's context {name!r}"), f"context {name}")


def _socket(host: str, source: str) -> str:
    if host.startswith(_UNIX):
        return host.removeprefix(_UNIX)
    raise SetupError(
        f"{source} names {host!r}; a job's folders are mounted into its containers, so the engine "
        "must be on this machine",
        remedy="name a unix socket: DOCKER_HOST=unix:///var/run/docker.sock",
    )


def _usual(settings: Settings) -> list[tuple[str, str]]:
    """Where engines listen, in the order in which they are tried."""
    own = started(settings)
    runtime = settings.environ.get("XDG_RUNTIME_DIR", "")
    found = [(own.socket, "agentmesh engine up")] if own is not None else []
    found += [(DOCKER_SOCKET, "Docker's socket")]
    if runtime:
        found += [(f"{runtime}/docker.sock", "rootless Docker's socket")]
        found += [(f"{runtime}/podman/podman.sock", "Podman's socket")]
    return [*found, (PODMAN_SOCKET, "Podman's socket")]


def _json(path: str) -> dict[str, object]:
    try:
        with open(path, "rb") as file:
            found = msgspec.json.decode(file.read())
    except (OSError, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(values: dict[str, object], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""
