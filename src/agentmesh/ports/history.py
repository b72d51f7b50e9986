"""What ran: kept run by run, read by the command line, reruns, expectations and reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from agentmesh.core.events import AnyEvent, Event

RunStatus = Literal["running", "success", "failure", "cancelled", "skipped", "interrupted"]
"""A run's conclusion; ``interrupted`` where its process died before it could say so."""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``number`` counts the runs of a store; ``jobs`` counts jobs by conclusion."""

    run: str
    number: int
    status: RunStatus
    started: datetime
    seconds: float | None = None
    repository: str = ""
    workflows: tuple[str, ...] = ()
    event: str = ""
    ref: str = ""
    sha: str = ""
    actor: str = ""
    directory: str = ""
    name: str = ""
    command: tuple[str, ...] = ()
    jobs: dict[str, int] = {}


class JobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One job of a run. ``number`` counts the run's jobs in the order they were first heard of.

    ``conclusion`` is empty while it runs, or where it never came to an end.
    """

    number: int
    key: str
    id: str
    name: str
    conclusion: str = ""
    seconds: float | None = None
    why: str = ""
    steps: tuple[StepRecord, ...] = ()
    outputs: dict[str, str] = {}


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One step that was started."""

    number: int
    name: str
    phase: str = "main"
    conclusion: str = ""
    outcome: str = ""
    seconds: float | None = None
    exit_code: int | None = None
    error: str = ""
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    """Bytes."""


class LogPart(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines of a step, joined by newlines; ``first`` is the number of the first, from 1."""

    step: int
    first: int
    count: int
    text: str


class RunWriter(Protocol):
    """Takes the events of one run (an EventSink). Never raises: what goes wrong is kept in
    ``failure``, an empty text while all is well."""

    failure: str

    def __call__(self, event: Event, /) -> None: ...

    def flush(self) -> None:
        """Let readers see everything so far. Cheap where there is nothing new."""
        ...

    def close(self) -> None:
        """Write the rest. May be called twice."""
        ...


class History(Protocol):
    """Keeps runs. Readers raise SetupError where the store is damaged or out of reach."""

    def new_run(self) -> tuple[str, int]:
        """A name and a number that no other run of this store has."""
        ...

    def writer(self, run: str, number: int, repository: str) -> RunWriter: ...

    def runs(self, limit: int | None = None) -> tuple[RunRecord, ...]:
        """The newest first."""
        ...

    def find(self, text: str) -> tuple[RunRecord, ...]:
        """The runs a text may mean: ``last``, a number, a name, or the beginning of names."""
        ...

    def jobs(self, run: RunRecord) -> tuple[JobRecord, ...]: ...

    def events(self, run: RunRecord) -> Iterator[AnyEvent]:
        """All events but logs, in order."""
        ...

    def log(self, run: RunRecord, job: JobRecord, step: int | None = None) -> Iterator[LogPart]:
        """What a job's steps wrote, as far as it is on the disk."""
        ...

    def expected_seconds(
        self, repository: str, names: Iterable[str], workflows: tuple[str, ...] = ()
    ) -> dict[str, float]:
        """How long jobs of these names took lately; those that never succeeded are absent."""
        ...

    def delete(self, run: RunRecord) -> None: ...
