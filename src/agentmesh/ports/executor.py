"""Where a job's processes run: on this machine, or in a container on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import msgspec

from agentmesh.core.problem import Span
from agentmesh.plan.model import JobSpec, Json

Say = Callable[[str], None]
"""Takes a line, or several, for a person."""


class JobDirs(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of one job, absolute, fresh, and gone when it is over."""

    root: str
    workspace: str
    home: str
    temp: str
    tools: str
    actions: str
    files: str
    """Command files and scripts of the steps."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A process to start. ``env`` is complete. Paths are as the job sees them."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    terminal: bool = False
    """Give it the user's terminal instead of a pipe (a shell for a person)."""
    outside: bool = False
    """Run it on this machine though the job is in a container; paths are this machine's then."""


class Usage(msgspec.Struct, frozen=True):
    """What processes took; a field is None where nothing tells."""

    cpu_seconds: float | None = None
    peak_memory: int | None = None
    """Bytes."""


class Process(Protocol):
    """A process of the job. Its standard output and error are one stream."""

    async def read(self) -> bytes:
        """Some bytes as soon as there are any; empty at the end of the stream."""
        ...

    async def wait(self) -> int:
        """The exit code; minus the signal's number where a signal ended it."""
        ...

    def usage(self) -> Usage:
        """What it took, once :meth:`wait` has returned."""
        ...

    def interrupt(self) -> None:
        """SIGINT to the process and its group."""
        ...

    def terminate(self) -> None:
        """SIGTERM to the process and its group."""
        ...

    def kill(self) -> None:
        """End it and every process it started, at once."""
        ...


class Session(Protocol):
    """One job's place. ``contained`` says that it is a container."""

    contained: bool

    async def spawn(self, command: Command) -> Process:
        """Start a process. Raises SetupError where the program cannot be found or started."""
        ...

    def inside(self, path: str) -> str:
        """What a path of this machine is called inside."""
        ...

    def outside(self, text: str) -> str:
        """A text with every path of the inside as this machine calls it."""
        ...

    def base(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """What a step's environment starts from; ``own`` is what this machine lends to jobs."""
        ...

    async def node(self, own: Callable[[], str]) -> str:
        """The node for JavaScript actions; ``own`` is this machine's. Raises SetupError."""
        ...

    def context(self) -> dict[str, Json]:
        """``container`` and ``services`` of the ``job`` context."""
        ...

    async def explain(self, say: Say) -> None:
        """Say what helps to understand why the job failed: what its services wrote."""
        ...

    async def close(self) -> None:
        """End every process that is left, daemons that forked away too. May be called twice."""
        ...


class Executor(Protocol):
    """Makes places for jobs. ``name`` is what events call it."""

    name: str

    async def open(self, spec: JobSpec, dirs: JobDirs) -> Session: ...


class Container(msgspec.Struct, frozen=True, kw_only=True):
    """``container``, or one of ``services``, evaluated. ``where`` is its place in the file."""

    image: str
    env: dict[str, str] = {}
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    options: str = ""
    username: str = ""
    password: str = ""
    entrypoint: str = ""
    command: str = ""
    where: Span | None = None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """The containers that a job asks for: the one its steps run in, and its services.

    ``trusted`` is False for a workflow that a stranger wrote (a pull request from a fork): it gets
    nothing that reaches out of a container.
    """

    container: Container | None = None
    services: dict[str, Container] = {}
    trusted: bool = True


class ActionContainer(msgspec.Struct, frozen=True, kw_only=True):
    """A container action, or a ``docker://`` step, to be run.

    ``image`` is a name, or a Dockerfile of this machine (an absolute path) whose folder is its
    context. ``env`` holds paths as this machine calls them.
    """

    image: str
    entrypoint: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = {}


class Containers(Protocol):
    """Makes places with containers in them, and runs container actions."""

    async def open(self, spec: JobSpec, dirs: JobDirs, wanted: Surroundings, say: Say) -> Session:
        """A place with all that is wanted, ready. Raises SetupError, WorkflowError, Refused."""
        ...

    def running(
        self, spec: JobSpec, dirs: JobDirs, session: Session, action: ActionContainer, say: Say
    ) -> AbstractAsyncContextManager[Process]:
        """An action in a container of its own, which is gone at the end. Raises SetupError."""
        ...
