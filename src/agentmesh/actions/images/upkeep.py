"""Keeps the storage of images from growing for ever, and mends what a killed build left. Blocks.

Called by :mod:`agentmesh.actions.images.buildah`. A build holds the storage roots it works in by a
lock that the kernel drops when its process dies; only a root that nobody holds is cleaned or
removed. Once a day roots go that were not used for a week, and the longest unused ones until all
are below the limit; whatever is removed is built again when it is needed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable

import msgspec

DAYS = 7.0
LIMIT = 20 << 30
"""Bytes that all storage roots of a machine may take."""
_DAY = 86_400.0


class Root(msgspec.Struct, frozen=True):
    """A storage root, when it was used last (seconds since 1970), and how large it is."""

    path: str
    used: float
    size: int


def hold(storage: str) -> int:
    """Take a storage root for a build; the descriptor whose closing gives it back."""
    os.makedirs(storage, mode=0o700, exist_ok=True)
    lock = os.open(f"{storage}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    os.utime(lock)
    return lock


def abandoned(storage: str, lock: int) -> bool:
    """Whether a root has containers of builds that have not come to their end: nobody else holds
    it, and there are some. The lock is shared again afterwards."""
    try:
        size = os.stat(os.path.join(storage, "overlay-containers", "containers.json")).st_size
    except OSError:
        return False
    if size <= len("[]\n"):
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        fcntl.flock(lock, fcntl.LOCK_SH)
    return True


def doomed(roots: Iterable[Root], now: float, limit: int, days: float) -> tuple[Root, ...]:
    """The roots that are to go: the unused ones, then the longest unused until all fit. Pure."""
    kept = sorted(roots, key=lambda root: root.used)
    going = [root for root in kept if now - root.used > days * _DAY]
    kept = kept[len(going) :]
    while kept and sum(root.size for root in kept) > limit:
        going.append(kept.pop(0))
    return tuple(going)


def tidy(shared: str, limit: int = LIMIT, days: float = DAYS) -> tuple[str, ...]:
    """Remove what is to go, at most once a day; sentences about what was removed."""
    os.makedirs(shared, mode=0o700, exist_ok=True)
    mark = os.path.join(shared, "tidied")
    before = os.stat(mark).st_mtime if os.path.exists(mark) else 0.0
    with open(f"{mark}.new", "wb") as file:
        now = os.fstat(file.fileno()).st_mtime  # the time, as the disk has it
    if now - before < _DAY:
        return ()
    os.replace(f"{mark}.new", mark)
    said = []
    for root in doomed(_roots(shared), now, limit, days):
        if _remove(root.path):
            size = root.size / (1 << 20)
            said.append(f"Layers in {root.path} were removed to make room ({size:.0f} MB).")
    return tuple(said)


def _roots(shared: str) -> list[Root]:
    found = []
    for folder, names, files in os.walk(shared):
        if "overlay-images" in names:
            names.clear()
            used = f"{folder}.lock"
            if os.path.exists(used):
                found.append(Root(folder, os.stat(used).st_mtime, _size(folder)))
        elif os.path.basename(folder) == "stand-ins":
            names.clear()
            for name in files:
                path = os.path.join(folder, name)
                there = os.stat(path)
                found.append(Root(path, max(there.st_atime, there.st_mtime), there.st_size))
    return found


def _size(folder: str) -> int:
    """Bytes on disk of all files below a folder."""
    total = 0
    for where, _, files in os.walk(folder):
        for name in files:
            try:
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
            except OSError:  # removed meanwhile
                continue
    return total


def _remove(path: str) -> bool:
    """Remove a root that nobody holds."""
    if not os.path.isdir(path):
        os.unlink(path)
        return True
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        aside = f"{path}.going"
        os.replace(path, aside)
        shutil.rmtree(aside, ignore_errors=True)
        return True
    finally:
        os.close(lock)
