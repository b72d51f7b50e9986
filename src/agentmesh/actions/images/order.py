"""What is to be built, whoever asks: an action's inputs and a command line become the same value.

Made by ``docker/build-push-action`` and by the ``docker`` command of a job; taken by
:mod:`agentmesh.actions.images.buildah` and :mod:`agentmesh.actions.images.buildx`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import msgspec

from agentmesh.actions.images.words import Platform
from agentmesh.ports.action import Completed

T = TypeVar("T")


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret of a build: the value itself, or the file or variable that holds it."""

    id: str
    value: str | None = None
    file: str = ""
    variable: str = ""

    def __repr__(self) -> str:
        """Without the value."""
        return f"Secret(id={self.id!r}, …)"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One build. Paths are absolute, or relative to ``folder``; lists keep their order.

    ``cache_from``, ``cache_to`` and ``outputs`` are ``type=…`` values in their parts.
    """

    folder: str
    context: str = "."
    file: str = ""
    platforms: tuple[Platform, ...] = ()
    tags: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[str, ...] = ()
    build_args: tuple[tuple[str, str], ...] = ()
    build_contexts: tuple[tuple[str, str], ...] = ()
    target: str = ""
    secrets: tuple[Secret, ...] = ()
    cache_from: tuple[dict[str, str], ...] = ()
    cache_to: tuple[dict[str, str], ...] = ()
    outputs: tuple[dict[str, str], ...] = ()
    push: bool = False
    load: bool = False
    pull: bool = False
    no_cache: bool = False
    attests: tuple[str, ...] = ()
    """Attestations that are asked for: ``provenance=mode=max``, ``sbom=true``."""
    add_hosts: tuple[str, ...] = ()
    network: str = ""
    shm_size: str = ""
    ulimits: tuple[str, ...] = ()
    cgroup_parent: str = ""
    extra: tuple[str, ...] = ()
    """Flags that buildx alone knows, as they are."""
    variables: dict[str, str] = {}
    """Environment of buildx's own process: how it reaches the cache service."""


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a build; ``digest`` is that of the manifest, or of the list of them."""

    image_id: str
    digest: str = ""
    metadata: dict[str, object] = {}


class Place(Protocol):
    """Where a build happens: the part of a step's context that it needs."""

    env: Mapping[str, str]

    def say(self, text: str) -> None: ...

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Completed: ...

    async def in_thread(self, function: Callable[..., T], /, *args: object) -> T: ...


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Where images of a repository lie on this machine, and where the job keeps what it needs.

    ``root`` outlasts jobs and is that of one repository and one tier of trust; ``temp`` is the
    job's. ``stand_ins`` maps a base image to what is taken in its stead (``[images]``).
    """

    root: str
    shared: str
    temp: str
    machine: Platform
    home: str = ""
    stand_ins: dict[str, str] = {}
