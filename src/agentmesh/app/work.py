"""The folders in which a run's jobs work, and what is left of runs that were killed.

Called by :mod:`agentmesh.app.embedded`. A job's large folders lie in the store, on disk. Its
command files and scripts are small, many and short-lived: they lie in memory where there is such a
place, as making a file takes from 20 to 700 microseconds on a disk and 5 in memory. Each run holds
a lock for as long as it lives, so that the next one can tell what a killed one has left, and
removes it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from agentmesh.store.layout import make

SHARED_MEMORY = "/dev/shm"


class Work(msgspec.Struct, frozen=True):
    """Where the jobs of a run get their folders: ``disk`` for large ones, ``memory`` for small."""

    disk: str
    memory: str


@contextmanager
def claimed(store: str, run: str, environ: Mapping[str, str]) -> Iterator[Work]:
    """The folders of a run while it lives. Both are gone when it is over.

    Raises SetupError where the store cannot be written.
    """
    disk = make(os.path.join(store, "work"))
    _hide(store)
    memory = make(_in_memory(environ, disk))
    _sweep(disk, memory)
    path = os.path.join(disk, f"{run}.lock")
    lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Work(disk, memory)
    finally:
        _remove_empty(os.path.join(disk, run))
        _remove_empty(os.path.join(memory, run))
        os.unlink(path)
        os.close(lock)


def _hide(store: str) -> None:
    """Keep git from seeing a store that lies in somebody's repository."""
    place = os.path.join(store, ".gitignore")
    if not os.path.exists(place):
        with open(place, "w", encoding="ascii") as file:
            file.write("*\n")


def _in_memory(environ: Mapping[str, str], disk: str) -> str:
    """A folder of this user on a file system in memory, or the one on disk."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if runtime and os.access(runtime, os.W_OK):
        return os.path.join(runtime, "agentmesh")
    place = os.path.join(SHARED_MEMORY, f"agentmesh-{os.getuid()}")
    if not os.access(SHARED_MEMORY, os.W_OK):
        return disk
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return place
    return place if found.st_uid == os.getuid() and found.st_mode & 0o170077 == 0o040000 else disk


def _sweep(disk: str, memory: str) -> None:
    """Remove the folders of runs whose lock nobody holds any more."""
    for name in os.listdir(disk):
        if not name.endswith(".lock"):
            continue
        path = os.path.join(disk, name)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue  # its run ended meanwhile
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _discard([os.path.join(place, name[:-5]) for place in {disk, memory}])
            os.unlink(path)
        except OSError:
            continue  # it lives
        finally:
            os.close(lock)


def _discard(folders: list[str]) -> None:
    """Remove folders beside us: they may be large, and nobody waits for that."""
    left = [folder for folder in folders if os.path.lexists(folder)]
    if not left:
        return
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in (0, 1, 2)]
    # through a shell that does not wait, so that no child is left for us to reap
    script = 'rm -rf -- "$@" &'
    argv = ["/bin/sh", "-c", script, "sh", *left]
    os.waitpid(os.posix_spawn("/bin/sh", argv, {}, file_actions=actions), 0)
    os.close(null)


def _remove_empty(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        return  # it was never made; or something is in it, which the next run removes
