"""Starts the process that starts jobs (:mod:`agentmesh.executors.zygote`), and asks it for them.

``Spawner.start()`` is called early in ``agentmesh run``, so that the other process loads while this
one does; :class:`agentmesh.executors.host.HostExecutor` asks for jobs. Nothing is imported here
that is not there already.
"""

from __future__ import annotations

import os
import sys
from _socket import socket

from agentmesh.core.errors import SetupError
from agentmesh.executors import wire

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); from agentmesh.executors.zygote import main; main()"
)
_NEVER_BLOCKED = (9, 19)


class Spawner:
    """The zygote of this process. Blocking, but for microseconds; used from one thread."""

    def __init__(self, python: str = "") -> None:
        self._python = python or sys.executable
        self._control: socket | None = None
        self.pid = 0

    def start(self) -> None:
        """Start the zygote, if it does not run yet; does not wait for it. Raises SetupError."""
        if self._control is not None:
            return
        ours, theirs = wire.pair()
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        argv = [self._python, "-I", "-S", "-c", _PROGRAM, _ROOT]
        signals = [n for n in range(1, 32) if n not in _NEVER_BLOCKED]
        try:
            self.pid = os.posix_spawn(
                self._python,
                argv,
                {},  # nothing of our environment, which may hold secrets
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, null, 0),
                    (os.POSIX_SPAWN_DUP2, null, 1),
                    (os.POSIX_SPAWN_DUP2, null, 2),
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 3),
                ],
                setpgroup=0,  # Ctrl-C reaches agentmesh alone, which knows what to do
                setsigmask=signals,
                setsigdef=signals,
            )
        except OSError as error:
            ours.close()
            raise SetupError(
                f"the process that starts jobs could not be started: {error.strerror}",
                remedy=f"check that {self._python!r} can be run, and the limit on processes",
            ) from error
        finally:
            os.close(null)
            theirs.close()
        self._control = ours

    def open(self, isolation: str) -> socket:
        """A new job's socket; its init process is made meanwhile. Raises SetupError."""
        ours, theirs = wire.pair()
        try:
            self._ask((wire.JOB, wire.ISOLATIONS.index(isolation)), theirs.fileno())
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return ours

    def close(self) -> None:
        """End the zygote and, with it, all that is left of its jobs."""
        if self._control is None:
            return
        self._control.close()
        self._control = None
        try:  # noqa: SIM105 - see above
            os.waitpid(self.pid, 0)
        except ChildProcessError:
            pass

    def _ask(self, message: wire.Message, fd: int) -> None:
        self.start()
        assert self._control is not None
        try:
            wire.send(self._control, message, (fd,))
        except OSError:  # it was killed: jobs that run do not need it, new ones need a new one
            self.close()
            self.start()
            wire.send(self._control, message, (fd,))
