"""Concurrency groups of all runs that use a store. Implements ports/groups.py with file locks.

A group is a folder. Whoever is at work holds a lock on its file ``turn``, which the kernel gives
back however the holder ends. Whoever waits has a file of its own, locked as long as it lives; its
name sorts by age, and only the oldest may take the turn. To send somebody away is to make a file:
``end`` (with a new time) for the holder, ``NAME.out`` for one that waits. Both look every so often.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from blake3 import blake3

from agentmesh.ports.groups import Superseded
from agentmesh.store.layout import make

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

LOOK_SECONDS = 0.1
"""Between two looks at what others have done."""


class FileGroups:
    """The groups of one repository (``owner/name``) in a store."""

    def __init__(self, layout: Layout, repository: str) -> None:
        self._root = os.path.join(layout.root, "groups")
        self._repository = repository.lower()

    def turn(
        self, name: str, *, cancel_others: bool, keep_queue: bool, ask_to_end: Callable[[], None]
    ) -> AbstractAsyncContextManager[None]:
        """See ports/groups.py."""
        digest = blake3(f"{self._repository}\0{name.lower()}".encode()).hexdigest(length=16)
        folder = make(os.path.join(self._root, digest))
        return _turn(folder, name, cancel_others, keep_queue, ask_to_end)


@asynccontextmanager
async def _turn(
    folder: str, name: str, cancel_others: bool, keep_queue: bool, ask_to_end: Callable[[], None]
) -> AsyncIterator[None]:
    place = os.path.join(folder, "turn")
    with _waiting(folder) as own:
        if not keep_queue:
            _send_away(folder, own)
        if cancel_others:
            _touch(os.path.join(folder, "end"))
        while True:
            if os.path.exists(f"{own}.out"):
                raise Superseded(f"superseded in concurrency group {name!r}")
            if _first(folder) == os.path.basename(own) and (lock := _take(place)) is not None:
                break
            await asyncio.sleep(LOOK_SECONDS)
    end = os.path.join(folder, "end")
    watch = asyncio.ensure_future(_watch(end, _changed(end), ask_to_end))
    try:
        yield
    finally:
        watch.cancel()
        os.close(lock)


async def _watch(place: str, before: tuple[int, int], ask_to_end: Callable[[], None]) -> None:
    """Wait until somebody asks us to end; what was asked of those before us does not count."""
    while _changed(place) == before:  # noqa: ASYNC110 - it is another process that changes it
        await asyncio.sleep(LOOK_SECONDS)
    ask_to_end()


@contextmanager
def _waiting(folder: str) -> Iterator[str]:
    """A file that says, as long as we live and wait, that we do."""
    own = os.path.join(folder, f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(3).hex()}")
    descriptor = os.open(own, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield own
    finally:
        for path in (own, f"{own}.out"):
            with suppress(FileNotFoundError):
                os.unlink(path)
        os.close(descriptor)


def _others(folder: str) -> list[str]:
    """Those that wait and live, the oldest first; files of the dead are removed."""
    found = []
    for name in sorted(os.listdir(folder)):
        if "-" not in name or name.endswith(".out"):
            continue
        if _lives(os.path.join(folder, name)):
            found.append(name)
    return found


def _lives(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)
        return False
    finally:
        os.close(descriptor)


def _first(folder: str) -> str:
    return next(iter(_others(folder)), "")


def _send_away(folder: str, own: str) -> None:
    """Tell all others that wait that we stand in their place."""
    for name in _others(folder):
        if name != os.path.basename(own):
            _touch(os.path.join(folder, f"{name}.out"))


def _take(place: str) -> int | None:
    """The lock of whoever is at work; None while somebody is."""
    descriptor = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _touch(path: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{time.time_ns()}\n")


def _changed(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)
