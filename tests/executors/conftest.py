"""Real processes for the executors' tests: a spawner, and a place in which to run programs."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agentmesh.executors.host import HostExecutor, HostProcess, HostSession, Isolation
from agentmesh.executors.spawner import Spawner
from agentmesh.ports.executor import Command

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEADLINE = 60
"""Seconds after which a test that hangs fails; no test waits for it."""


class Ran(NamedTuple):
    """A process that has ended."""

    output: str
    code: int
    process: HostProcess


class Place:
    """A job's place, with shorter words."""

    def __init__(self, session: HostSession, folder: Path, spawner: Spawner) -> None:
        self.session = session
        self.folder = folder
        self.spawner = spawner

    async def start(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
        terminal: bool = False,
    ) -> HostProcess:
        return await self.session.spawn(
            Command(
                argv=argv,
                env={"PATH": PATH, **(env or {})},
                cwd=cwd or str(self.folder),
                terminal=terminal,
            )
        )

    async def run(self, *argv: str, env: Mapping[str, str] | None = None, cwd: str = "") -> Ran:
        return await finish(await self.start(*argv, env=env, cwd=cwd))

    async def finish(self, process: HostProcess) -> Ran:
        return await finish(process)

    async def sh(self, script: str, env: Mapping[str, str] | None = None) -> Ran:
        return await self.run("bash", "-c", script, env=env)


async def finish(process: HostProcess) -> Ran:
    output = b""
    while data := await process.read():
        output += data
    return Ran(output.decode(), await process.wait(), process)


@pytest.fixture(scope="session")
def spawner() -> Iterator[Spawner]:
    started = Spawner()
    started.start()
    yield started
    started.close()


Scenario = Callable[[Place], Awaitable[Any]]


@pytest.fixture
def open_place(tmp_path: Path) -> Callable[..., Any]:
    """A place of a spawner's, for ``async with``."""

    @contextlib.asynccontextmanager
    async def opened(
        spawner: Spawner, isolation: Isolation | None = None, **options: float
    ) -> AsyncIterator[Place]:
        executor = HostExecutor(spawner, isolation, **options)
        session = await executor.open(None, None)  # type: ignore[arg-type]
        try:
            yield Place(session, tmp_path, spawner)
        finally:
            await session.close()

    return opened


@pytest.fixture
def in_place(spawner: Spawner, open_place: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a scenario in a job's place, which is closed afterwards."""

    def run(scenario: Scenario, isolation: Isolation | None = None, **options: float) -> Any:
        async def whole() -> Any:
            async with open_place(spawner, isolation, **options) as place:
                return await asyncio.wait_for(scenario(place), DEADLINE)

        return asyncio.run(whole())

    return run


@pytest.fixture
def marked() -> Callable[[str], list[int]]:
    """Finds processes that have a word as one of their arguments."""
    return _marked


@pytest.fixture
def job_inits() -> Callable[[Spawner], list[int]]:
    """Finds the init processes of a spawner's jobs."""
    return lambda spawner: [p for p in _children(spawner.pid) if _comm(p) == "agentmesh-job"]


def _comm(pid: int) -> str:
    """What the kernel calls a process; empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _children(pid: int) -> list[int]:
    """The children of a process that have not ended."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            state, parent = stat.rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(entry))
    return found


def _marked(word: str) -> list[int]:
    """Processes that have a word as one of their arguments, and have not ended."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                arguments = Path(f"/proc/{entry}/cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in arguments.split(b"\0"):
                found.append(int(entry))
    return found
