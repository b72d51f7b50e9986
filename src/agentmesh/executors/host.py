"""Runs jobs as processes of this machine (:mod:`agentmesh.ports.executor`).

Called by the engine through its port; made by :mod:`agentmesh.app`. Each job has an init process
(:mod:`agentmesh.executors.jobinit`) in which nothing outlives the job. Output is read when it is
asked for, and not before: a reader that is slow slows the step down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from typing import TYPE_CHECKING, Literal

from agentmesh.core.errors import SetupError
from agentmesh.executors import programs, wire
from agentmesh.ports.executor import Command, JobDirs, Usage

if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Callable, Mapping

    from agentmesh.executors.spawner import Spawner
    from agentmesh.executors.terminal import Terminal
    from agentmesh.plan.model import JobSpec, Json
    from agentmesh.ports.executor import Say

Isolation = Literal["namespace", "user", "reaper"]

SMALL_READ, LARGE_READ = 65_536, 1_048_576
"""Bytes. A pipe holds the first by default; one that was full is made to hold the second."""
QUIET = 0.5
"""Seconds without output after which a step whose process has ended is over, though a process that
it left in the background could still write. GitHub's runner waits 5 seconds for that."""
LONGEST_DRAIN = 5.0
CLOSING = 20.0
"""Seconds that the processes of a job may take to be gone."""


class HostExecutor:
    """Makes places for jobs on this machine.

    ``isolation`` is what each job gets where the kernel allows it, ``reaper`` else:

    - ``namespace``: its own pid namespace and /proc. Needs root. It sees its own processes only.
    - ``user``: the same for other users, in a user namespace, where ``sudo`` does not work.
    - ``reaper``: all that descends from the job is found and ended with it, but the job sees, and
      may signal, other processes of the user. Without root this is the default, for scripts of
      workflows often use ``sudo``.
    """

    name = "host"

    def __init__(
        self, spawner: Spawner, isolation: Isolation | None = None, *, quiet: float = QUIET
    ) -> None:
        self._spawner = spawner
        self._quiet = quiet
        self._isolation: Isolation = isolation or ("reaper" if os.geteuid() else "namespace")

    async def open(self, spec: JobSpec, dirs: JobDirs) -> HostSession:
        """A place for a job. Raises SetupError."""
        return HostSession(self._spawner.open(self._isolation), self._quiet)


class HostSession:
    """One job's place: a connection to its init process."""

    contained = False

    def __init__(self, sock: socket, quiet: float = QUIET) -> None:
        self.quiet = quiet
        self.isolation = ""
        """What the kernel let us have; known once a process has been started."""
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[wire.Message, tuple[int, ...]]] = deque()
        self._starting: dict[int, asyncio.Future[tuple[int, int]]] = {}
        self._processes: dict[int, HostProcess] = {}
        self._left: set[int] = set()  # pipes of ended steps that something still holds
        self._next = 1
        self._over = self._loop.create_future()
        self._clean = False  # the init process has said that all have ended
        self._closing = False
        self._why = ""
        self._loop.add_reader(sock.fileno(), self._receive)

    def inside(self, path: str) -> str:
        """Paths are the same inside."""
        return path

    def outside(self, text: str) -> str:
        """Paths are the same outside."""
        return text

    def base(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """Steps start from what this machine lends them."""
        return own

    async def node(self, own: Callable[[], str]) -> str:
        """This machine's node."""
        return own()

    def context(self) -> dict[str, Json]:
        """There are no containers."""
        return {"container": {}, "services": {}}

    async def explain(self, say: Say) -> None:
        """There are no services that could have written something."""

    async def spawn(self, command: Command) -> HostProcess:
        """Start a process. Raises SetupError."""
        programs.check(command)
        program = programs.find(command)
        if self._over.done() or self._closing:
            raise self._ended()
        id, self._next = self._next, self._next + 1
        terminal = _terminal() if command.terminal else None
        reader, fds = self._output(command)
        started: asyncio.Future[tuple[int, int]] = self._loop.create_future()
        self._starting[id] = started
        process = HostProcess(self, id, reader, terminal)
        self._processes[id] = process
        try:
            self._send(
                (
                    wire.SPAWN,
                    id,
                    os.fsencode(program),
                    [os.fsencode(a) for a in command.argv],
                    {os.fsencode(k): os.fsencode(v) for k, v in command.env.items()},
                    os.fsencode(command.cwd),
                    command.terminal,
                ),
                fds,
            )
            kind, number = await started
        except BaseException:
            self.kill(id)  # it may start yet
            self._processes.pop(id, None)
            process.abandon()
            raise
        finally:
            self._starting.pop(id, None)
            if not command.terminal:
                os.close(fds[0])
        if kind != wire.STARTED:
            self._processes.pop(id, None)
            process.abandon()
            if kind == wire.NO_DIRECTORY:
                raise programs.no_directory(command, number)
            raise programs.not_started(command, program, number)
        return process

    async def close(self) -> None:
        """End every process that is left. Raises SetupError where one can't be ended."""
        if not self._over.done() and not self._closing:
            self._closing = True
            self._send((wire.CLOSE,))
        try:
            await asyncio.wait_for(asyncio.shield(self._over), CLOSING)
        except TimeoutError:
            raise SetupError(
                f"processes of the job have not ended {CLOSING:.0f} s after they were killed",
                remedy="look for processes in state D, waiting for a disk or a network file system",
            ) from None
        finally:
            for fd in self._left:
                self._loop.remove_reader(fd)
                os.close(fd)
            self._left.clear()

    # -- for processes ----------------------------------------------------------------------------

    def signal(self, id: int, number: int) -> None:
        """Send a signal to the group of a process."""
        if not self._over.done():
            self._send((wire.SIGNAL, id, number))

    def kill(self, id: int) -> None:
        """End a process and all that it started."""
        if not self._over.done():
            self._send((wire.KILL, id))

    def leave(self, fd: int) -> None:
        """Keep a pipe that a background process still writes to, and forget what it writes.

        Closing it would end that process at its next line of output, long before the job's end.
        """
        self._left.add(fd)
        self._loop.add_reader(fd, self._forget, fd)

    def _forget(self, fd: int) -> None:
        try:
            gone = not os.read(fd, SMALL_READ)
        except BlockingIOError:
            return
        if gone:
            self._loop.remove_reader(fd)
            self._left.discard(fd)
            os.close(fd)

    # -- the connection ---------------------------------------------------------------------------

    def _output(self, command: Command) -> tuple[int, tuple[int, ...]]:
        """Where a process's output is read (-1: it has a terminal), and what it is given."""
        if command.terminal:
            return -1, (0, 1, 2)
        reader, writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(reader, False)
        return reader, (writer,)

    def _send(self, message: wire.Message, fds: tuple[int, ...] = ()) -> None:
        self._waiting.append((message, fds))
        if len(self._waiting) == 1:
            self._flush()

    def _flush(self) -> None:
        while self._waiting:
            message, fds = self._waiting[0]
            try:
                wire.send(self._sock, message, fds)
            except BlockingIOError:
                self._loop.add_writer(self._sock.fileno(), self._flush)
                return
            except OSError:
                self._waiting.clear()  # the end of the connection says the rest
                break
            self._waiting.popleft()
        self._loop.remove_writer(self._sock.fileno())

    def _receive(self) -> None:
        while True:
            try:
                reply = wire.receive_reply(self._sock)
            except BlockingIOError:
                return
            if reply is None:
                self._end()
                return
            self._heard(*reply)
            if self._clean:
                self._end()  # the rest is the kernel's, which may take a millisecond
                return

    def _heard(self, kind: int, id: int, number: int, spent: int, peak: int) -> None:
        if kind == wire.EXITED:
            if (process := self._processes.pop(id, None)) is not None:
                process.ended(number, Usage(spent / 1_000_000, peak * 1024))
        elif kind in (wire.STARTED, wire.NO_DIRECTORY, wire.NO_PROGRAM):
            if (started := self._starting.get(id)) is not None and not started.done():
                started.set_result((kind, number))
        elif kind == wire.UP:
            self.isolation = wire.ISOLATIONS[number]
            if self.isolation == "reaper":
                _hide_from_steps()
        elif kind == wire.NO_JOB:
            self._why = f"the job's first process could not be made: {os.strerror(number)}"
        elif kind == wire.CLOSED:
            self._clean = True

    def _end(self) -> None:
        """The connection has ended, and with it every process of the job."""
        self._loop.remove_reader(self._sock.fileno())
        self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        self._waiting.clear()
        if not self._over.done():
            self._over.set_result(None)
        for started in self._starting.values():
            if not started.done():
                started.set_exception(self._ended())
        for process in list(self._processes.values()):
            process.lost(self._ended())
        self._processes.clear()

    def _ended(self) -> SetupError:
        if self._clean or self._closing:
            return SetupError("the job is over", remedy="start no process after the job was closed")
        return SetupError(
            self._why
            or "the process that holds the job's processes together was killed, and they "
            "were ended with it",
            remedy="look for the out-of-memory killer in the kernel's log (dmesg); run fewer jobs "
            "at once",
        )


class HostProcess:
    """A process of a job (:class:`agentmesh.ports.executor.Process`)."""

    def __init__(
        self, session: HostSession, id: int, reader: int, terminal: Terminal | None = None
    ) -> None:
        self.left_behind = False
        """Whether something in the background still held the output when the step was over."""
        self._session = session
        self._id = id
        self._usage = Usage()
        self._reader = reader
        self._terminal = terminal
        self._size = SMALL_READ
        self._loop = asyncio.get_running_loop()
        self._exit: asyncio.Future[int] = self._loop.create_future()
        self._exited_at: float | None = None
        self._wake: asyncio.Future[bool] | None = None

    async def read(self) -> bytes:
        """Some output as soon as there is any; empty at its end."""
        while self._reader >= 0:
            try:
                data = os.read(self._reader, self._size)
            except BlockingIOError:
                if not await self._readable():
                    self._give_up()
                continue
            if not data:
                self._close()
            elif len(data) == SMALL_READ == self._size:
                self._enlarge()
            return data
        return b""

    async def wait(self) -> int:
        """The exit code, or minus the signal. Raises SetupError where the job was torn down."""
        return await asyncio.shield(self._exit)

    def usage(self) -> Usage:
        """Of the process and all that it has waited for; the memory is its largest process's."""
        return self._usage

    def interrupt(self) -> None:
        self._session.signal(self._id, 2)

    def terminate(self) -> None:
        self._session.signal(self._id, 15)

    def kill(self) -> None:
        self._session.kill(self._id)

    # -- for the session --------------------------------------------------------------------------

    def ended(self, code: int, usage: Usage) -> None:
        """The process has ended."""
        self._usage = usage
        self._over()
        if not self._exit.done():
            self._exit.set_result(code)
        self._stir()

    def lost(self, error: SetupError) -> None:
        """The process was ended with the job's init process."""
        self._over()
        if not self._exit.done():
            self._exit.set_exception(error)
            self._exit.exception()  # whoever waits hears of it; nobody need wait
        self._stir()

    def abandon(self) -> None:
        """The process was never started."""
        self._over()
        self._close()
        self._exit.cancel()

    def _over(self) -> None:
        self._exited_at = self._loop.time()
        if self._terminal is not None:
            self._terminal.take_back()
            self._terminal = None

    # -- reading ----------------------------------------------------------------------------------

    async def _readable(self) -> bool:
        """Wait until there is something to read. False when the step is over without it."""
        now = self._loop.time()
        timeout: float | None = None
        if self._exited_at is not None:
            timeout = min(self._session.quiet, self._exited_at + LONGEST_DRAIN - now)
            if timeout <= 0:
                return False
        wake: asyncio.Future[bool] = self._loop.create_future()
        self._wake = wake
        self._loop.add_reader(self._reader, self._stir)
        timer = None if timeout is None else self._loop.call_later(timeout, self._stir, False)
        try:
            return await wake
        finally:
            self._wake = None
            if timer is not None:
                timer.cancel()
            if self._reader >= 0:
                self._loop.remove_reader(self._reader)

    def _stir(self, readable: bool = True) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(readable)

    def _enlarge(self) -> None:
        """The pipe was full: give a process that writes much more room."""
        import fcntl

        self._size = LARGE_READ
        with contextlib.suppress(OSError):  # over the user's limit
            fcntl.fcntl(self._reader, fcntl.F_SETPIPE_SZ, LARGE_READ)

    def _give_up(self) -> None:
        self.left_behind = True
        fd, self._reader = self._reader, -1
        self._session.leave(fd)

    def _close(self) -> None:
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1


def _terminal() -> Terminal:
    from agentmesh.executors.terminal import Terminal

    return Terminal()


def _hide_from_steps() -> None:
    """Where steps see this process in /proc, keep its environment and memory from them."""
    from agentmesh.executors import linux

    with contextlib.suppress(OSError):
        linux.hide()
