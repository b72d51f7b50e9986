"""What is known of a run after some of its events: the fold that all readers share.

    events ──apply──▶ RunState ──▶ terminal · summary · history · reports

Values are frozen. :func:`apply` is the definition: a pure step from one state to the next.
:class:`Fold` gives the same states for long runs: it owns the dictionary of jobs and replaces one
entry an event, where :func:`apply` copies the dictionary, so that a run of 256 jobs and 100,000
events folds in time that grows with the events alone. Durations are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from agentmesh.core.events import (
    Annotated,
    Event,
    JobCompleted,
    JobEvent,
    JobInfo,
    JobQueued,
    JobStarted,
    Logged,
    Noticed,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepEvent,
    StepStarted,
    Summarized,
)
from agentmesh.core.result import Conclusion

TAIL = 20
"""How many of a step's last lines are kept."""

Status = Literal["queued", "running", "completed"]


class StepState(msgspec.Struct, frozen=True, kw_only=True):
    """One step that has been started. ``lines`` counts what it wrote, ``tail`` ends it."""

    number: int
    name: str
    phase: str = "main"
    conclusion: Conclusion | None = None
    outcome: Conclusion | None = None
    started: datetime
    seconds: float = 0.0
    exit_code: int | None = None
    error: str = ""
    why: str = ""
    lines: int = 0
    tail: tuple[str, ...] = ()
    summary: int = 0
    """Characters of its step summary."""
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    """Bytes."""


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """One job, from when it was queued, or ended without that."""

    key: str
    name: str
    id: str
    status: Status
    needs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    matrix: dict[str, object] = {}
    why: str = ""
    queued: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float = 0.0
    expected: float | None = None
    planned: tuple[str, ...] = ()
    """Names of the steps to come, as far as they are known."""
    steps: tuple[StepState, ...] = ()
    conclusion: Conclusion | None = None
    allowed_to_fail: bool = False
    outputs: dict[str, str] = {}
    environment: str = ""
    environment_url: str = ""

    @property
    def current(self) -> StepState | None:
        """The step that was started last, if it still runs."""
        running = (step for step in reversed(self.steps) if step.conclusion is None)
        return next(running, None)

    @property
    def failed(self) -> StepState | None:
        """The first step whose failure counts."""
        return next((step for step in self.steps if step.conclusion == "failure"), None)

    @property
    def waited(self) -> float:
        """From queued to started; 0 for a job that never started."""
        if self.queued is None or self.started is None:
            return 0.0
        return max(0.0, (self.started - self.queued).total_seconds())


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """A run so far. ``jobs`` is in the order in which they were first heard of, by key."""

    run: str = ""
    name: str = ""
    workflows: tuple[str, ...] = ()
    event: str = ""
    ref: str = ""
    sha: str = ""
    directory: str = ""
    command: tuple[str, ...] = ()
    planned: tuple[JobInfo, ...] = ()
    """The nodes of the plan, before a matrix is expanded."""
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float = 0.0
    conclusion: Conclusion | None = None
    jobs: Mapping[str, JobState] = {}
    annotations: tuple[Annotated, ...] = ()
    notices: tuple[Noticed, ...] = ()

    def of(self, *conclusions: Conclusion) -> tuple[JobState, ...]:
        """Jobs that ended so."""
        return tuple(job for job in self.jobs.values() if job.conclusion in conclusions)


def apply(state: RunState, event: Event) -> RunState:
    """The state after one more event."""
    if isinstance(event, JobEvent):
        key = _key(event)
        job = _job(state.jobs.get(key), event)
        state = msgspec.structs.replace(state, jobs={**state.jobs, key: job})
    return _run(state, event)


def fold(events: Iterable[Event]) -> RunState:
    """The state after all of some events."""
    whole = Fold()
    for event in events:
        whole.add(event)
    return whole.state


class Fold:
    """Folds events as they come. :attr:`state` is a snapshot that later events leave alone."""

    def __init__(self) -> None:
        self._state = RunState()
        self._jobs: dict[str, JobState] = {}
        self._annotations: list[Annotated] = []

    def add(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, JobEvent):
            key = _key(event)
            self._jobs[key] = _job(self._jobs.get(key), event)
            if isinstance(event, Annotated):
                self._annotations.append(event)
        else:
            self._state = _run(self._state, event)

    def job(self, key: str) -> JobState | None:
        """One job as it is now, without a snapshot of all."""
        return self._jobs.get(key)

    @property
    def state(self) -> RunState:
        """The run as it is now."""
        return msgspec.structs.replace(
            self._state, jobs=self._jobs.copy(), annotations=tuple(self._annotations)
        )


class Link(msgspec.Struct, frozen=True):
    """A job on the critical path: how long it waited for a place to run, and how long it ran."""

    job: JobState
    waited: float
    ran: float


def critical_path(state: RunState) -> tuple[Link, ...]:
    """The chain of jobs that made the run as long as it was, first one first.

    From the job that ended last, each time to the job that it needed and that ended last of those.
    """
    jobs = [job for job in state.jobs.values() if job.started is not None and job.ended is not None]
    if not jobs:
        return ()
    members = _members(jobs)
    nodes = {info.key: info for info in state.planned}
    job: JobState | None = max(jobs, key=_end)
    path: list[JobState] = []
    while job is not None and job not in path:
        path.append(job)
        needed = [other for need in _needs(job, nodes) for other in members.get(need, ())]
        job = max(needed, key=_end, default=None)
    return tuple(Link(job, job.waited, job.seconds) for job in reversed(path))


def pending(state: RunState) -> tuple[JobInfo, ...]:
    """Planned nodes of which no job has been heard yet: what they need has not ended."""
    heard = {owner for key in state.jobs for owner in _owners(key)}
    return tuple(info for info in state.planned if info.key not in heard)


def remaining(state: RunState, now: datetime) -> float | None:
    """Seconds until the run should end: the longest chain of what is left of each job.

    None while a job's expected length is not known.
    """
    left: dict[str, float] = {}
    for job in state.jobs.values():
        if job.conclusion is not None:
            continue
        if job.expected is None:
            return None
        gone = (now - job.started).total_seconds() if job.started else 0.0
        for key in _owners(job.key):
            left[key] = max(left.get(key, 0.0), job.expected - gone)
    for info in pending(state):  # each node follows what it needs
        if info.seconds is None:
            return None
        left[info.key] = info.seconds + max((left.get(need, 0.0) for need in info.needs), default=0)
    return max(0.0, max(left.values(), default=0.0))


class Totals(msgspec.Struct, frozen=True):
    """Where the time of a run went, added up over its jobs, which may have run side by side."""

    waiting: float
    """For a place to run."""
    steps: float
    around: float
    """In a job, but not in a step: making its place ready and clearing it away."""
    slowest: tuple[tuple[JobState, StepState], ...]


def totals(state: RunState, *, slowest: int = 5) -> Totals:
    """Add up the time of all jobs that have run."""
    ran = [job for job in state.jobs.values() if job.started is not None]
    pairs = [(job, step) for job in ran for step in job.steps]
    in_steps = sum(step.seconds for _, step in pairs)
    pairs.sort(key=lambda pair: -pair[1].seconds)
    return Totals(
        waiting=sum(job.waited for job in ran),
        steps=in_steps,
        # steps that run in the background overlap, so this can be below zero
        around=max(0.0, sum(job.seconds for job in ran) - in_steps),
        slowest=tuple(pairs[:slowest]),
    )


def _key(event: JobEvent) -> str:
    return event.key or event.job


def _end(job: JobState) -> datetime:
    if job.ended is None:
        raise ValueError(f"{job.name} has not ended")
    return job.ended


def _members(jobs: list[JobState]) -> dict[str, list[JobState]]:
    """Jobs by each key that stands for them: their own, and those of the nodes they belong to."""
    members: dict[str, list[JobState]] = {}
    for job in jobs:
        for key in _owners(job.key):
            members.setdefault(key, []).append(job)
    return members


def _owners(key: str) -> list[str]:
    """``call/test#2`` → itself, ``call/test``, ``call``: a cell, its node, and the calling one."""
    ends = (index for index in range(len(key) - 1, 0, -1) if key[index] in "#/")
    return [key, *(key[:end] for end in ends)]


def _needs(job: JobState, nodes: Mapping[str, JobInfo]) -> tuple[str, ...]:
    """What a job waited for: its own needs, or those of the call that it is the first job of."""
    if job.needs:
        return job.needs
    calls = (nodes[key].needs for key in _owners(job.key)[1:] if key in nodes)
    return next((needs for needs in calls if needs), ())


def _run(state: RunState, event: Event) -> RunState:
    """What an event changes in a run beside its jobs."""
    if isinstance(event, RunStarted):
        return msgspec.structs.replace(
            state,
            run=event.run,
            name=event.name,
            workflows=event.workflows,
            event=event.event,
            ref=event.ref,
            sha=event.sha,
            directory=event.directory,
            command=event.command,
            planned=event.jobs,
            started=event.time,
        )
    if isinstance(event, RunCompleted):
        return msgspec.structs.replace(
            state, ended=event.time, seconds=event.seconds, conclusion=event.conclusion
        )
    if isinstance(event, Noticed):
        return msgspec.structs.replace(state, notices=(*state.notices, event))
    if isinstance(event, Annotated):
        return msgspec.structs.replace(state, annotations=(*state.annotations, event))
    return state


def _job(job: JobState | None, event: JobEvent) -> JobState:
    """A job after an event of its own."""
    if job is None:
        job = JobState(key=_key(event), name=event.job, id=event.job_id, status="queued")
    if isinstance(event, StepEvent):
        return _with_step(job, event)
    if isinstance(event, JobQueued):
        return msgspec.structs.replace(
            job,
            needs=event.needs,
            labels=event.labels,
            matrix=event.matrix,
            why=event.why,
            queued=event.time,
            expected=event.seconds,
        )
    if isinstance(event, JobStarted):
        return msgspec.structs.replace(
            job, status="running", started=event.time, planned=event.steps
        )
    if isinstance(event, JobCompleted):
        return msgspec.structs.replace(
            job,
            status="completed",
            ended=event.time,
            seconds=event.seconds,
            conclusion=event.conclusion,
            why=event.why or job.why,
            needs=event.needs or job.needs,
            outputs=event.outputs,
            allowed_to_fail=event.allowed_to_fail,
            environment=event.environment,
            environment_url=event.environment_url,
        )
    return job


def _with_step(job: JobState, event: StepEvent) -> JobState:
    # the last step is nearly always the one meant; steps in the background make it another one
    place = next(
        (i for i in range(len(job.steps) - 1, -1, -1) if job.steps[i].number == event.number),
        len(job.steps),
    )
    known = job.steps[place] if place < len(job.steps) else None
    step = known or StepState(number=event.number, name=event.step, started=event.time)
    step = _step(step, event)
    if step is known:
        return job
    steps = (*job.steps[:place], step, *job.steps[place + 1 :])
    return msgspec.structs.replace(job, steps=steps)


def _step(step: StepState, event: StepEvent) -> StepState:
    """A step after an event of its own."""
    if isinstance(event, Logged):
        last = event.text.rsplit("\n", TAIL)
        tail = last[1:] if len(last) > TAIL else [*step.tail, *last][-TAIL:]
        return msgspec.structs.replace(step, lines=step.lines + event.count, tail=tuple(tail))
    if isinstance(event, StepStarted):
        return msgspec.structs.replace(step, phase=event.phase)
    if isinstance(event, StepCompleted):
        return msgspec.structs.replace(
            step,
            phase=event.phase,
            conclusion=event.conclusion,
            outcome=event.outcome,
            seconds=event.seconds,
            exit_code=event.exit_code,
            error=event.error,
            why=event.why,
            cpu_seconds=event.cpu_seconds,
            peak_memory=event.peak_memory,
        )
    if isinstance(event, Summarized):
        return msgspec.structs.replace(step, summary=step.summary + len(event.text))
    return step
