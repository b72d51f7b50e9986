"""The output of a process in a container, as long as it is worth waiting for.

Called by :mod:`agentmesh.executors.container`. An engine ends a stream when nobody holds the
process's output any more, which a process left in the background may do for ever; so the stream is
given up some time after the process itself has ended, as on the host.
"""

from __future__ import annotations

import asyncio
import os

from agentmesh.executors.docker.http import Response
from agentmesh.executors.docker.output import Frames

QUIET = 0.5
"""Seconds without output after which an ended process's stream is over."""
LONGEST_DRAIN = 5.0
_PIECE = 1 << 18


class Stream:
    """Reads what a process writes. Close it."""

    def __init__(self, response: Response, quiet: float = QUIET) -> None:
        self._response = response
        self._frames = Frames()
        self._quiet = quiet
        self._loop = asyncio.get_running_loop()
        self._exited = 0.0
        self._waiting_since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._watched = -1

    async def read(self) -> bytes:
        """Some output as soon as there is any; empty at its end."""
        while True:
            self._waiting_since = self._loop.time()
            try:
                data = await self._response.reader.read(_PIECE)
            except OSError:
                data = b""
            finally:
                self._waiting_since = 0.0
            if not data:
                self.close()
                return b""
            if found := self._frames.feed(data):
                return found

    def watch(self, pid: int) -> None:
        """Notice the end of a process of this machine."""
        try:
            self._watched = os.pidfd_open(pid)
        except OSError:
            self._ended()
            return
        self._loop.add_reader(self._watched, self._ended)

    def close(self) -> None:
        self._forget()
        if self._timer is not None:
            self._timer.cancel()
        self._response.close()

    def _ended(self) -> None:
        self._forget()
        if not self._exited:
            self._exited = self._loop.time()
            self._timer = self._loop.call_later(self._quiet, self._expire)

    def _expire(self) -> None:
        """Give up, if the reader has been waiting for nothing."""
        now = self._loop.time()
        quiet = self._waiting_since and now - max(self._waiting_since, self._exited) >= self._quiet
        if quiet or now - self._exited > LONGEST_DRAIN:
            self._response.close()  # the reader hears of the end
            return
        self._timer = self._loop.call_later(self._quiet / 2, self._expire)

    def _forget(self) -> None:
        if self._watched >= 0:
            self._loop.remove_reader(self._watched)
            os.close(self._watched)
            self._watched = -1
