"""Waits for a change of the files that a run would see. Called by ``agentmesh run --watch``.

git is asked for the files it knows and those it does not ignore, and their sizes and times are
compared: this follows ``.gitignore`` without a list of our own, and needs no service of the kernel
that runs out on big trees. Outside a repository all files count.
"""

from __future__ import annotations

import os
import time

Stamp = tuple[int, int, int]

INTERVAL = 0.5
"""Seconds between two looks."""


class Watch:
    """What the files were like when it was made, and at the end of each :meth:`wait`."""

    def __init__(self, directory: str, interval: float = INTERVAL) -> None:
        self._directory = directory
        self._interval = interval
        self._known = snapshot(directory)

    def wait(self) -> tuple[str, ...]:
        """Return the paths that changed, as soon as two looks in a row agree that it is over.

        What changed since the last :meth:`wait` counts, so that an edit made during a run is seen.
        """
        while (now := snapshot(self._directory)) == self._known:
            time.sleep(self._interval)
        while True:  # an editor or git may still be at it
            time.sleep(self._interval)
            later = snapshot(self._directory)
            if later == now:
                break
            now = later
        changed = difference(self._known, now)
        self._known = now
        return changed or self.wait()


def difference(before: dict[str, Stamp], after: dict[str, Stamp]) -> tuple[str, ...]:
    """Paths that came, went or changed."""
    paths = before.keys() | after.keys()
    return tuple(sorted(path for path in paths if before.get(path) != after.get(path)))


def snapshot(directory: str) -> dict[str, Stamp]:
    """Path → time, size and inode of every file that a run would see."""
    names = _from_git(directory)
    found: dict[str, Stamp] = {}
    for name in _walk(directory) if names is None else names:
        try:
            status = os.lstat(os.path.join(directory, name))
        except OSError:  # deleted, but still known to git
            continue
        found[name] = (status.st_mtime_ns, status.st_size, status.st_ino)
    return found


def _from_git(directory: str) -> list[str] | None:
    import subprocess

    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, check=False)
    except OSError:
        return None
    if done.returncode:
        return None
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]


def _walk(directory: str) -> list[str]:
    found: list[str] = []
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if name != ".git"]
        found += [os.path.relpath(os.path.join(folder, name), directory) for name in files]
    return found
