"""Where things lie below the store folder. Pure paths; called by everything in this package.

    history.db          runs, jobs, steps, outputs, annotations, events
    logs/<number>/      one file of log frames for each job of a run (see logs.py)
    index.db            cache entries, artifacts, and where each object's bytes are
    packs/ab/<id>       zstd frames of many small files (see blobs.py)
    objects/ab/<hash>   larger files, one each
    actions/            other repositories at a commit, read-only (see action_source.py)
    locks/              empty files that processes lock while they work on something
    memo/<name>         what cached trees looked like when they were last read (see memo.py)
    tmp/<owner>/        what is being written; nothing reads it, a sweep empties it

The folder is made when the first thing is stored, for its owner alone (0700): logs and caches
may hold what others on the machine must not read.
"""

from __future__ import annotations

import os

import msgspec

from agentmesh.core.errors import SetupError


class Layout(msgspec.Struct, frozen=True):
    """Paths below ``root``, an absolute folder."""

    root: str

    @property
    def history(self) -> str:
        return f"{self.root}/history.db"

    @property
    def index(self) -> str:
        return f"{self.root}/index.db"

    @property
    def packs(self) -> str:
        return f"{self.root}/packs"

    @property
    def objects(self) -> str:
        return f"{self.root}/objects"

    @property
    def actions(self) -> str:
        return f"{self.root}/actions"

    @property
    def locks(self) -> str:
        return f"{self.root}/locks"

    @property
    def memo(self) -> str:
        return f"{self.root}/memo"

    @property
    def tmp(self) -> str:
        return f"{self.root}/tmp"

    def logs(self, number: int) -> str:
        """The folder of a run's log files."""
        return f"{self.root}/logs/{number}"

    def log(self, number: int, job: int) -> str:
        """The log file of a run's job, by the numbers history gives them."""
        return f"{self.root}/logs/{number}/{job}.log.zst"


def make(path: str) -> str:
    """Make a folder of the store with its parents, for its owner alone; returns ``path``.

    Raises SetupError where that is impossible.
    """
    missing = []
    above = path
    while not os.path.isdir(above) and above != os.path.dirname(above):
        missing.append(above)
        above = os.path.dirname(above)
    try:
        for folder in reversed(missing):  # os.makedirs would let others read all but the last
            os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise unusable(path, error) from error
    return path


def unusable(path: str, error: OSError) -> SetupError:
    """The store's disk said no: one message for all who write to it."""
    return SetupError(
        f"cannot use the store at {path}: {error.strerror or error}",
        remedy="free space or permissions there, or name another folder with --store DIR "
        "(or AGENTMESH_HOME)",
    )
