"""Earlier runs: finding one, its jobs and logs, its artifacts, and letting old ones go.

Called by ``agentmesh history``, ``logs``, ``artifacts`` and ``rerun``. What cannot be found is a
WorkflowError (exit 2) that lists what there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError
from agentmesh.ports.artifacts import Artifact
from agentmesh.ports.history import JobRecord, LogPart, RunRecord, StepRecord
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

if TYPE_CHECKING:
    from datetime import datetime

KEEP_RUNS = 200
KEEP_DAYS = 90.0
"""What ``history --prune`` keeps by default; ``[retention]`` of agentmesh.toml says otherwise."""

_POLL_SECONDS = 0.1


class Line(msgspec.Struct, frozen=True):
    """Some lines of a log, and whose they are. ``step`` is None for a step that is not known."""

    run: RunRecord
    job: JobRecord
    step: StepRecord | None
    part: LogPart


class Pruned(msgspec.Struct, frozen=True):
    """How many runs and artifacts were deleted."""

    runs: int
    artifacts: int


def history(settings: Settings) -> SqliteHistory:
    """The history of the user's store."""
    return SqliteHistory(Layout(settings.store))


def runs(settings: Settings, limit: int | None) -> tuple[RunRecord, ...]:
    """The newest runs first."""
    return history(settings).runs(limit)


def find_run(settings: Settings, text: str) -> RunRecord:
    """The run a text means: ``last``, a number, a name or the unambiguous beginning of one."""
    past = history(settings)
    found = past.find(text)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(run.run for run in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise WorkflowError(
            f"{text!r} may be one of {len(found)} runs: {names}{more}",
            remedy="give more of its name, or its number",
        )
    recent = past.runs(5)
    if not recent:
        raise WorkflowError(
            f"there is no run {text!r}: no run is stored in {settings.store}",
            remedy="run something first, or name another store with --store",
        )
    raise WorkflowError(
        f"there is no run {text!r}; the latest are {', '.join(run.run for run in recent)}",
        remedy="see agentmesh history for all of them",
    )


def find_jobs(past: SqliteHistory, run: RunRecord, text: str | None) -> tuple[JobRecord, ...]:
    """The jobs of a run that a text means: a name or key (one job), or an id (all its cells)."""
    jobs = past.jobs(run)
    if text is None:
        return jobs
    for same in (str.__eq__, lambda a, b: a.casefold() == b.casefold()):
        for named in (
            [job for job in jobs if same(job.name, text) or same(job.key, text)],
            [job for job in jobs if same(job.id, text)],
        ):
            if named:
                return tuple(named)
    raise WorkflowError(
        f"run {run.run} has no job {text!r}; {_there_is((job.name for job in jobs), 'jobs')}",
        remedy="name a job by its name, id or key",
    )


def find_step(run: RunRecord, jobs: tuple[JobRecord, ...], text: str | None) -> int | None:
    """The number of a step, by its number or name, in jobs that are cells of one."""
    if text is None:
        return None
    steps = [step for job in jobs for step in job.steps]
    for matches in (
        [s for s in steps if s.name == text],
        [s for s in steps if str(s.number) == text],
        [s for s in steps if s.name.casefold() == text.casefold()],
    ):
        if matches:
            return matches[0].number
    names = dict.fromkeys(f"{s.number} ({s.name})" for s in steps)
    raise WorkflowError(
        f"{jobs[0].name} of run {run.run} has no step {text!r}; {_there_is(names, 'steps')}",
        remedy="name a step by its name or number",
    )


def logs(
    settings: Settings,
    run: RunRecord,
    job: str | None = None,
    step: str | None = None,
    *,
    follow: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Line]:
    """What a run, a job or a step has written, job by job; with ``follow`` as it comes, until the
    run ends. The texts are looked up at once, so that a mistake shows before anything is printed.
    """
    past = history(settings)
    chosen = find_jobs(past, run, job) if job is not None or not follow else None
    number = find_step(run, chosen, step) if chosen is not None else None
    if follow:
        return _follow(past, run, chosen, number, sleep)
    return _printed(past, run, chosen or (), number)


def artifacts(settings: Settings, run: str | None) -> tuple[Artifact, ...]:
    """The artifacts of a run, or of all runs."""
    from agentmesh.store.artifacts import FileArtifacts

    store = FileArtifacts(Layout(settings.store))
    return store.list_now(None if run is None else find_run(settings, run).run)


def fetch_artifact(settings: Settings, run: str, name: str, directory: str) -> tuple[Artifact, int]:
    """Write an artifact's files below a folder; the number of files."""
    from agentmesh.store.artifacts import FileArtifacts

    record = find_run(settings, run)
    store = FileArtifacts(Layout(settings.store))
    there = store.list_now(record.run)
    found = next((artifact for artifact in there if artifact.name == name), None)
    if found is None:
        names = _there_is((artifact.name for artifact in there), "artifacts")
        raise WorkflowError(
            f"run {record.run} has no artifact {name!r}; {names}",
            remedy="see agentmesh artifacts ls",
        )
    return found, store.download_now(found, directory)


def prune(
    settings: Settings, now: datetime, *, keep: int | None = None, days: float | None = None
) -> Pruned:
    """Delete old runs with their logs and artifacts: all but the newest ``keep``, and those older
    than ``days``. Runs that are going on stay. Artifacts that have expired go too."""
    from agentmesh.store.artifacts import FileArtifacts

    retention = settings.config.retention
    keep = next(n for n in (keep, retention.runs, KEEP_RUNS) if n is not None)
    days = next(n for n in (days, retention.days, KEEP_DAYS) if n is not None)
    past = history(settings)
    doomed = [
        run
        for position, run in enumerate(past.runs())
        if run.status != "running"
        and (position >= keep or (now - run.started).total_seconds() > days * 86400.0)
    ]
    gone = FileArtifacts(Layout(settings.store)).prune(tuple(run.run for run in doomed))
    for run in doomed:
        past.delete(run)
    return Pruned(len(doomed), gone)


def _printed(
    past: SqliteHistory, run: RunRecord, jobs: Iterable[JobRecord], number: int | None
) -> Iterator[Line]:
    for job in jobs:
        for part in past.log(run, job, number):
            yield _line(run, job, part)


def _follow(
    past: SqliteHistory,
    run: RunRecord,
    chosen: tuple[JobRecord, ...] | None,
    number: int | None,
    sleep: Callable[[float], None],
) -> Iterator[Line]:
    offsets: dict[int, int] = {}
    wanted = None if chosen is None else {job.number for job in chosen}
    while True:
        # Asked before the logs are read: what a run writes before it ends is not missed.
        going = any(record.status == "running" for record in past.find(run.run))
        for job in past.jobs(run):
            if wanted is None or job.number in wanted:
                start = offsets.get(job.number, 0)
                for part, offset in past.log_from(run, job, number, start):
                    offsets[job.number] = offset
                    yield _line(run, job, part)
        if not going:
            return
        sleep(_POLL_SECONDS)


def _line(run: RunRecord, job: JobRecord, part: LogPart) -> Line:
    step = next((step for step in job.steps if step.number == part.step), None)
    return Line(run, job, step, part)


def _there_is(names: Iterable[str], what: str) -> str:
    known = tuple(names)
    if not known:
        return f"it has no {what}"
    more = f" and {len(known) - 20} more" if len(known) > 20 else ""
    return f"its {what} are {', '.join(known[:20])}{more}"
