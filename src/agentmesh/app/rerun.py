"""An earlier run, asked for again: what to run, taken from its events in history.

Called by ``agentmesh rerun``. With ``failed``, that is what did not succeed, all that needed it,
and (as results of an earlier run are not taken over) what those need in turn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec

from agentmesh.app import records
from agentmesh.app.settings import Settings
from agentmesh.core.cells import leaves
from agentmesh.core.errors import WorkflowError
from agentmesh.core.state import JobState, RunState, fold, pending
from agentmesh.plan.reuse import job_path


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """What a rerun is to do. ``command`` is the command line of the earlier run, whole.

    ``jobs`` and ``matrix`` narrow it down; both are empty for all of it. Paths are absolute.
    """

    run: str
    directory: str
    command: tuple[str, ...]
    workflows: tuple[str, ...]
    jobs: tuple[str, ...] = ()
    matrix: dict[str, tuple[str, ...]] = {}


def again(settings: Settings, text: str, *, failed: bool) -> Again | None:
    """What to run of an earlier run; None where only failures are wanted and there are none.

    Raises WorkflowError for a run that is not known, or that cannot be run again.
    """
    record = records.find_run(settings, text)
    state = fold(records.history(settings).events(record))
    if not state.command or not os.path.isdir(state.directory):
        raise WorkflowError(
            f"run {record.run} cannot be run again: "
            + (f"its folder {state.directory} is gone" if state.command else "it never started"),
            remedy="use agentmesh run",
        )
    whole = Again(
        run=record.run,
        directory=state.directory,
        command=state.command,
        workflows=_absolute(state.workflows, state.directory),
    )
    return _narrowed(whole, state) if failed else whole


def _narrowed(whole: Again, state: RunState) -> Again | None:
    """Only what failed, and what could not run because of it."""
    bad = [job for job in state.jobs.values() if _is_bad(job)]
    if not bad:
        return None
    dependents = _dependents({job.key.partition("#")[0] for job in bad}, state)
    workflows = {_stem(key) for key in (*(job.key for job in bad), *dependents)}
    chosen = tuple(
        path
        for path in whole.workflows
        if "" in workflows or os.path.basename(path).rpartition(".")[0] in workflows
    )
    names = [" / ".join(job_path(key)) for key in (*(job.key for job in bad), *dependents)]
    return msgspec.structs.replace(
        whole,
        jobs=tuple(dict.fromkeys(names)),
        workflows=chosen or whole.workflows,
        # what could not run yet has cells of its own, which a filter could take away
        matrix={} if dependents else _cells(bad),
    )


def _is_bad(job: JobState) -> bool:
    """Whether a job is to be run again: it did not come to an end, or to a bad one."""
    return job.conclusion in (None, "failure", "cancelled") and not (
        job.conclusion == "failure" and job.allowed_to_fail
    )


def _dependents(bad: set[str], state: RunState) -> list[str]:
    """Keys of planned nodes that need a bad one, directly or not, and did not run for that."""
    ran = {job.key.partition("#")[0] for job in state.jobs.values() if job.started is not None}
    left = {info.key for info in pending(state)}
    found: list[str] = []
    for info in state.planned:  # each follows what it needs
        if bad & set(info.needs) and (info.key in left or info.key not in ran):
            bad = bad | {info.key}
            found.append(info.key)
    return found


def _stem(key: str) -> str:
    """The workflow that a key names, where a run had several; else empty."""
    stem, found, _ = key.partition(":")
    return stem if found else ""


def _cells(jobs: Iterable[JobState]) -> dict[str, tuple[str, ...]]:
    """Values of the jobs' matrices by key: at least their cells, and only those if it is one."""
    cells: dict[str, dict[str, None]] = {}
    for job in jobs:
        for key, value in leaves(job.matrix):
            cells.setdefault(key, {})[value] = None
    return {key: tuple(values) for key, values in cells.items()}


def _absolute(paths: Iterable[str], directory: str) -> tuple[str, ...]:
    return tuple(os.path.join(directory, path) for path in paths)
