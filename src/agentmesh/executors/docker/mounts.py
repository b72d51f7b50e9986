"""What folders of this machine are called in a container. Pure.

Called by :mod:`agentmesh.executors.container`. The names are GitHub's: ``/__w`` and ``/github`` for
the steps of a job in a container, ``/github`` alone for container actions ("Docker container
filesystem" of GitHub's documentation).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from agentmesh.ports.executor import JobDirs

EVENT = "event.json"
"""The event's payload, among the command files."""


class Mounts:
    """Pairs of a folder here and its name inside, the longest match first."""

    def __init__(self, pairs: Iterable[tuple[str, str]], event: str = "") -> None:
        self.pairs = tuple(pairs)
        self._event = event

    def inside(self, path: str) -> str:
        """What a path of this machine is called inside; one that is not there stays."""
        if self._event and path == self._event:
            return f"/github/workflow/{EVENT}"
        return _renamed(path, sorted(self.pairs, key=lambda pair: -len(pair[0])))

    def outside(self, text: str) -> str:
        """A text with every path of the inside as this machine calls it."""
        return self._pattern.sub(lambda found: self._outer[found[0]], text)

    @cached_property
    def _outer(self) -> dict[str, str]:
        return {inside: outside for outside, inside in reversed(self.pairs)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        names = "|".join(re.escape(name) for name in sorted(self._outer, key=len, reverse=True))
        return re.compile(rf"(?<![\w./-])(?:{names})(?=/|$|[\s:;,'\"])", re.MULTILINE)


def of_job(dirs: JobDirs) -> Mounts:
    """For the container that a job's steps run in."""
    event = f"{dirs.files}/{EVENT}"
    return Mounts(
        (
            (dirs.root, "/__w"),
            (dirs.temp, "/__w/_temp"),
            (dirs.actions, "/__w/_actions"),
            (dirs.tools, "/__t"),
            (dirs.home, "/github/home"),
            (dirs.files, "/__w/_temp/_runner_file_commands"),
            (dirs.files, "/github/workflow"),
        ),
        event,
    )


def of_action(dirs: JobDirs) -> Mounts:
    """For the container of an action."""
    return Mounts(
        (
            (dirs.workspace, "/github/workspace"),
            (dirs.home, "/github/home"),
            (dirs.temp, "/github/runner_temp"),
            (dirs.files, "/github/file_commands"),
            (dirs.files, "/github/workflow"),
        ),
        f"{dirs.files}/{EVENT}",
    )


def _renamed(path: str, pairs: Iterable[tuple[str, str]]) -> str:
    for outside, inside in pairs:
        if path == outside or path.startswith(outside + "/"):
            return inside + path[len(outside) :]
    return path
