"""Where a job's processes run: on this machine, or in a container on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from agentmesh.plan.model import JobSpec


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


class Process(Protocol):
    """A process of the job. Its standard output and error are one stream."""

    async def read(self) -> bytes:
        """Some bytes as soon as there are any; empty at the end of the stream."""
        ...

    async def wait(self) -> int:
        """The exit code; minus the signal's number where a signal ended it."""
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
    """One job's place."""

    async def spawn(self, command: Command) -> Process:
        """Start a process. Raises SetupError where the program cannot be found or started."""
        ...

    def inside(self, path: str) -> str:
        """What a path of this machine is called inside."""
        ...

    async def close(self) -> None:
        """End every process that is left, daemons that forked away too. May be called twice."""
        ...


class Executor(Protocol):
    """Makes places for jobs. ``name`` is what events call it."""

    name: str

    async def open(self, spec: JobSpec, dirs: JobDirs) -> Session: ...
