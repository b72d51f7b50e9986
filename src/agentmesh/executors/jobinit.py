"""The init process of a job: it starts the job's processes, reaps them, and outlives none of them.

Forked by :mod:`agentmesh.executors.zygote`, spoken to by :mod:`agentmesh.executors.host`. It has no
threads, no secrets but those that pass through it, and ends when the job closes or when agentmesh
is gone, however it ended; before that it ends every process of the job.
"""

from __future__ import annotations

import os
import resource  # noqa: F401 - os.wait3 imports it, which is not left to each job
import select
import time
from _socket import socket

from agentmesh.executors import linux, tree, wire

TYPE_CHECKING = False  # typing takes 4 ms to load
if TYPE_CHECKING:
    from collections.abc import Callable
    from resource import struct_rusage

_TICKS = os.sysconf("SC_CLK_TCK")
_ROUNDS = 500
"""How often a tree of processes is looked for again, a millisecond or more apart."""
_MANY = 10_000
# Dispositions that a Python process, or nohup, has changed, and that children would inherit.
_SIGNALS = [n for n in range(1, 32) if n not in (linux.SIGKILL, linux.SIGSTOP)]


class JobInit:
    """The processes of one job."""

    def __init__(self, sock: socket, *, alone: bool) -> None:
        self._sock = sock
        self._alone = alone  # pid 1 of a namespace: kill(-1) reaches all of the job, and no other
        self._ids: dict[int, int] = {}  # pid of a step's first process → id
        self._steps: dict[int, tuple[int, int]] = {}  # id → pid, start in clock ticks
        self._null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

    def serve(self) -> None:
        """Do what is asked until the job is over. All its processes have ended then."""
        events = linux.child_events()
        poll = select.poll()
        poll.register(self._sock.fileno(), select.POLLIN)
        poll.register(events, select.POLLIN)
        asked = self._sock.fileno()
        open_ = True
        while open_:
            for fd, _ in poll.poll():
                if fd == asked:
                    open_ = self._request()
                else:
                    _drain(events)
                    self._reap()
        self._end_all()
        self._tell(wire.CLOSED)

    def _request(self) -> bool:
        """Serve one request; False when it was the last."""
        try:
            received = wire.receive(self._sock)
        except OSError:
            return False
        if received is None:
            return False
        message, fds = received
        try:
            match message[0]:
                case wire.SPAWN:
                    self._spawn(message, fds)
                case wire.SIGNAL:
                    self._signal(message[1], message[2])
                case wire.KILL:
                    self._kill(message[1])
                case wire.CLOSE:
                    return False
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _tell(self, kind: int, id: int = 0, number: int = 0, spent: int = 0, peak: int = 0) -> None:
        try:  # noqa: SIM105 - contextlib takes a millisecond to load
            wire.reply(self._sock, kind, id, number, spent, peak)
        except OSError:
            pass  # agentmesh is gone, which the next request will show

    # -- starting ---------------------------------------------------------------------------------

    def _spawn(self, message: wire.Message, fds: list[int]) -> None:
        _, id, program, argv, environment, directory, terminal = message
        try:
            os.chdir(directory)
        except OSError as error:
            self._tell(wire.NO_DIRECTORY, id, error.errno or 0)
            return
        started = int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS)
        try:
            if terminal:
                pid = _on_terminal(program, argv, environment, fds)
            else:
                pid = self._start(program, argv, environment, fds[0])
        except OSError as error:
            self._tell(wire.NO_PROGRAM, id, error.errno or 0)
            return
        finally:
            os.chdir("/")
        self._ids[pid] = id
        self._steps[id] = (pid, started)
        self._tell(wire.STARTED, id, pid)

    def _start(
        self, program: bytes, argv: list[bytes], environment: dict[bytes, bytes], output: int
    ) -> int:
        return os.posix_spawn(
            program,
            argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, self._null, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
            setsigmask=[],
            setsigdef=_SIGNALS,
        )

    # -- ending -----------------------------------------------------------------------------------

    def _reap(self) -> bool:
        """Take note of all that have ended. False when there are no children left."""
        while True:
            try:
                pid, status, used = os.wait3(os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self._ended(pid, status, used)

    def _ended(self, pid: int, status: int, used: struct_rusage) -> None:
        id = self._ids.pop(pid, None)
        if id is not None:
            spent = int((used.ru_utime + used.ru_stime) * 1_000_000)
            code = os.waitstatus_to_exitcode(status)
            self._tell(wire.EXITED, id, code, spent, used.ru_maxrss)

    def _signal(self, id: int, number: int) -> None:
        pid, _ = self._steps.get(id, (0, 0))
        if pid:
            try:  # noqa: SIM105 - contextlib takes a millisecond to load
                os.killpg(pid, number)
            except (ProcessLookupError, PermissionError):
                pass  # all of the group have ended

    def _kill(self, id: int) -> None:
        """End a step's processes, wherever they went."""
        pid, started = self._steps.get(id, (0, 0))
        if not pid:
            return
        init = os.getpid()
        others = [other for other in self._ids if other != pid]
        end(lambda: tree.of_step(tree.table(), pid, started, init, others), self._reap)

    def _end_all(self) -> None:
        """End every process of the job."""
        if not self._reap():
            return
        if self._alone:
            _send_signal(-1, linux.SIGKILL)
            while True:
                try:
                    self._ended(*os.wait3(0))
                except ChildProcessError:
                    return
        end_descendants(self._reap)
        self._reap()


def end_descendants(reap: Callable[[], bool]) -> None:
    """End everything below this process, which must be a subreaper."""
    init = os.getpid()
    end(lambda: tree.descendants(tree.table(), [init]), reap)


def end(find: Callable[[], set[int]], reap: Callable[[], bool]) -> None:
    """End processes until none is found; they are stopped first, so that none forks meanwhile."""
    for _ in range(_ROUNDS):
        stopped: set[int] = set()
        while new := find() - stopped:
            for pid in new:
                _send_signal(pid, linux.SIGSTOP)
            stopped |= new
            if len(stopped) > _MANY:
                break  # a fork bomb: a round of killing first
        if not stopped:
            return
        for pid in stopped:
            _send_signal(pid, linux.SIGKILL)
        reap()
        time.sleep(0.001)


def _send_signal(pid: int, number: int) -> None:
    try:  # noqa: SIM105 - contextlib takes a millisecond to load
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended, or it runs as somebody else, which only root may end


def _drain(events: int) -> None:
    try:
        while os.read(events, 1024):
            pass
    except BlockingIOError:
        pass


def _on_terminal(
    program: bytes, argv: list[bytes], environment: dict[bytes, bytes], fds: list[int]
) -> int:
    """Start a shell for a person: a process group of its own, in front on the user's terminal."""
    failed, told = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid:
        os.close(told)
        with open(failed, "rb") as file:
            if number := file.read():
                os.waitpid(pid, 0)
                raise OSError(int(number), os.strerror(int(number)))
        return pid
    try:
        import signal

        os.setpgid(0, 0)
        for target, fd in enumerate((*fds, fds[-1], fds[-1])[:3]):
            os.dup2(fd, target)
        os.tcsetpgrp(0, os.getpid())  # SIGTTOU is blocked
        for changed in _SIGNALS:
            signal.signal(changed, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.execve(program, argv, environment)
    except OSError as error:
        os.write(told, str(error.errno).encode())
    finally:
        os._exit(127)
