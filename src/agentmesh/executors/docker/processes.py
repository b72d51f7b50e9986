"""Processes in containers (:class:`agentmesh.ports.executor.Process`).

Made by :mod:`agentmesh.executors.container`. An engine starts a process in a container and hands
its output on, but it offers no way to signal one: its pid is known, so this machine's kernel is
asked, which finds the children, too. Where that is not allowed (the processes are another user's),
a ``kill`` inside the container does it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from agentmesh.executors import tree
from agentmesh.executors.docker.http import Failed, told
from agentmesh.ports.executor import Usage

if TYPE_CHECKING:
    from agentmesh.executors.cgroup import Gauge
    from agentmesh.executors.docker.api import Engine
    from agentmesh.executors.docker.stream import Stream

_ROUNDS = 50
_LOST = "the container that the step ran in is gone"
_LOOK = "look at the engine's log; was the container removed, or out of memory?"

Task = Callable[[Awaitable[None]], None]
"""Lets something happen in the background, until the job's place is closed."""


class Inside:
    """The processes that a job has in its container, for finding those of one step."""

    def __init__(self, init: int, background: Task) -> None:
        self.init = init
        """Pid of the container's first process on this machine; 0 where it is not on it."""
        self.background = background
        self.running: set[int] = set()
        """First processes of the steps that run."""
        self.kill: Callable[[str, Iterable[str]], Awaitable[None]] = _nobody
        """Sends a signal from within the container: its name, and pids as they are inside."""
        self.end: Callable[[], Awaitable[None]] = _nothing
        """Ends the whole container, where nothing less works."""


class ExecProcess:
    """A process that was started in a container which runs already."""

    def __init__(
        self,
        engine: Engine,
        id: str,
        stream: Stream,
        pid: int,
        started: int,
        inside: Inside,
        gauge: Gauge | None,
    ) -> None:
        self._engine = engine
        self._id = id
        self._stream = stream
        self._pid = pid if inside.init else 0
        self._inside = inside
        self._gauge = gauge
        self._usage = Usage()
        self._started = started
        """In clock ticks since boot; not later than the process was."""
        self._on_end: Callable[[int], Awaitable[None]] | None = None
        if self._pid:
            inside.running.add(self._pid)
            stream.watch(self._pid)

    def on_end(self, check: Callable[[int], Awaitable[None]]) -> None:
        """Let something look at the exit code before anybody else hears of it."""
        self._on_end = check

    async def read(self) -> bytes:
        """Some output as soon as there is any; empty at its end."""
        return await self._stream.read()

    async def wait(self) -> int:
        """The exit code. Raises SetupError where the container is gone."""
        try:
            code = await self._code()
        finally:
            self._inside.running.discard(self._pid)
            self._stream.close()
        if self._gauge is not None:
            self._usage = self._gauge.read()
        if self._on_end is not None:
            await self._on_end(code)
        return code

    async def _code(self) -> int:
        pause = 0.002
        with told(_LOST, _LOOK):
            while True:
                found = await self._engine.exec_inspect(self._id)
                if not found["Running"] and found["ExitCode"] is not None:
                    return int(found["ExitCode"])
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.25)

    def usage(self) -> Usage:
        return self._usage

    def interrupt(self) -> None:
        self._signal(signal.SIGINT)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._inside.background(self._end())

    def _signal(self, number: signal.Signals) -> None:
        if not self._pid:
            return  # an engine in another machine; kill() ends the container
        try:
            os.killpg(self._pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            pids = ["-" + inner for inner in _inner([self._pid])]
            self._inside.background(self._inside.kill(number.name.removeprefix("SIG"), pids))

    async def _end(self) -> None:
        """End the process and all that it started."""
        if not self._pid:
            await self._inside.end()
            return
        for _ in range(_ROUNDS):
            found = await asyncio.to_thread(self._find)
            if not found:
                return
            if refused := _send(found, signal.SIGSTOP) | _send(found, signal.SIGKILL):
                await self._inside.kill("KILL", _inner(refused))
            await asyncio.sleep(0.002)
        await self._inside.end()

    def _find(self) -> set[int]:
        others = self._inside.running - {self._pid}
        return tree.of_step(tree.table(), self._pid, self._started, self._inside.init, others)


class ActionProcess:
    """The first process of a container that was made for it alone."""

    def __init__(
        self,
        engine: Engine,
        container: str,
        stream: Stream,
        gauge: Gauge | None,
        background: Task,
    ) -> None:
        self._engine = engine
        self._container = container
        self._stream = stream
        self._gauge = gauge
        self._usage = Usage()
        self._background = background

    async def read(self) -> bytes:
        """Some output as soon as there is any; empty at its end."""
        self._measure()
        return await self._stream.read()

    async def wait(self) -> int:
        """The exit code. Raises SetupError where the container is gone."""
        with told(_LOST, _LOOK):
            code = await self._engine.wait(self._container)
        self._stream.close()
        return code

    def usage(self) -> Usage:
        """What it had taken when it was last looked at, which is while it wrote."""
        return self._usage

    def interrupt(self) -> None:
        self._send("SIGINT")

    def terminate(self) -> None:
        self._send("SIGTERM")

    def kill(self) -> None:
        self._send("SIGKILL")

    def _send(self, name: str) -> None:
        self._background(_quietly(self._engine.kill(self._container, name)))

    def _measure(self) -> None:
        if self._gauge is not None and (used := self._gauge.read()) != Usage():
            self._usage = used


async def _quietly(work: Awaitable[None]) -> None:
    try:
        await work
    except Failed:
        return  # it has ended by itself


async def _nobody(signal: str, pids: Iterable[str]) -> None:
    return


async def _nothing() -> None:
    return


def _send(pids: Iterable[int], number: int) -> set[int]:
    """Signal processes; those that may not be signalled from here."""
    refused = set()
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
        except PermissionError:
            refused.add(pid)
    return refused


def visible(pid: int) -> bool:
    """Whether it is a process of this machine, in a pid namespace below ours."""
    return pid > 0 and len(_numbers_of(pid)) > 1


def _inner(pids: Iterable[int]) -> list[str]:
    """What pids of this machine are called inside."""
    return [numbers[-1] for pid in pids if (numbers := _numbers_of(pid))]


def _numbers_of(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("NSpid:"):
                    return line.split()[1:]
    except OSError:
        return []
    return []
