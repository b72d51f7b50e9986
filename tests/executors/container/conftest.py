"""A job's place in a real container, with shorter words."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from agentmesh.executors.container import ContainerPlaces, ContainerSession
from agentmesh.executors.docker.api import Engine
from agentmesh.executors.host import HostExecutor
from agentmesh.executors.spawner import Spawner
from agentmesh.lang.model import Job
from agentmesh.plan.model import JobSpec, Source
from agentmesh.ports.executor import Command, Container, JobDirs, Process, Surroundings
from agentmesh.store.alive import owner, owner_lives

DEADLINE = 60


class Ran(NamedTuple):
    """A process that has ended."""

    output: str
    code: int
    process: Process


class Place:
    """A job's place, and the engine that it is in."""

    def __init__(
        self, session: ContainerSession, dirs: JobDirs, said: list[str], engine: Engine
    ) -> None:
        self.session = session
        self.dirs = dirs
        self.said = said
        self.engine = engine

    async def start(
        self, *argv: str, env: Mapping[str, str] | None = None, cwd: str = "/"
    ) -> Process:
        whole = {**self.session.base({}), **(env or {})}
        return await self.session.spawn(Command(argv=argv, env=whole, cwd=cwd))

    async def run(self, *argv: str, env: Mapping[str, str] | None = None, cwd: str = "/") -> Ran:
        return await self.finish(await self.start(*argv, env=env, cwd=cwd))

    async def sh(self, script: str, cwd: str = "/") -> Ran:
        return await self.run("sh", "-c", script, cwd=cwd)

    async def finish(self, process: Process) -> Ran:
        output = b""
        while data := await process.read():
            output += data
        return Ran(output.decode(), await process.wait(), process)


Scenario = Callable[[Place], Awaitable[Any]]


@pytest.fixture(scope="session")
def spawner() -> Any:
    started = Spawner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def dirs(tmp_path: Path) -> JobDirs:
    root = tmp_path / "job"
    made = JobDirs(
        root=str(root),
        workspace=str(root / "repo/repo"),
        home=str(root / "home"),
        temp=str(root / "temp"),
        tools=str(root / "tools"),
        actions=str(root / "actions"),
        files=str(root / "files"),
    )
    for folder in msgspec.structs.astuple(made):
        os.makedirs(folder, exist_ok=True)
    return made


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> JobSpec:
    return JobSpec(
        run=f"test-{os.getpid()}-{abs(hash(request.node.nodeid))}",
        key="a",
        id="a",
        name="a",
        job=Job(id="a"),
        workflow_path="ci.yml",
        source=Source(directory="/", repository="o/repo"),
    )


@pytest.fixture
def places(docker: Any, spawner: Spawner) -> Callable[..., ContainerPlaces]:
    """Makes what makes places; call it within an event loop."""

    def make(
        *, engine: Any = docker, lives: Callable[[str], bool] = owner_lives, mine: str = ""
    ) -> ContainerPlaces:
        async def find() -> Engine:
            found = Engine(engine.socket)
            await found.connect()
            return found

        def node() -> str:
            from agentmesh.core.errors import SetupError

            raise SetupError("no node in these tests")

        return ContainerPlaces(
            find, lambda: HostExecutor(spawner), owner=mine or owner(), lives=lives, node=node
        )

    return make


@pytest.fixture
def in_container(
    docker: Any, places: Callable[..., ContainerPlaces], spec: JobSpec, dirs: JobDirs
) -> Callable[..., Any]:
    """``in_container(scenario, options="…", services={…})``: what the scenario returns.

    Afterwards nothing of the job is left in the engine.
    """

    def perform(
        scenario: Scenario,
        *,
        engine: Any = docker,
        services: Mapping[str, Container] | None = None,
        trusted: bool = True,
        **fields: Any,
    ) -> Any:
        own = Container(**{"image": engine.image, **fields})
        wanted = Surroundings(container=own, services=dict(services or {}), trusted=trusted)

        @contextlib.asynccontextmanager
        async def place() -> AsyncIterator[Place]:
            said: list[str] = []
            session = await places(engine=engine).open(spec, dirs, wanted, said.append)
            direct = Engine(engine.socket)
            await direct.connect()
            try:
                yield Place(session, dirs, said, direct)
            finally:
                await session.close()

        async def whole() -> Any:
            async with place() as made:
                return await asyncio.wait_for(scenario(made), DEADLINE)

        try:
            return asyncio.run(whole())
        finally:
            assert engine.labelled(spec.run) == []

    return perform


@pytest.fixture
def free_port() -> int:
    """A port of this machine that nobody listens on."""
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port
