"""Writes one run into the history: an EventSink. Made by history.py.

Never slows a run: an event is encoded when it comes (some microseconds) and committed when a job
ends, otherwise at most every 0.1 s by the events' own clock. Where an asyncio loop runs, what comes
before a run falls silent is committed 0.2 s later, so that readers see it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import (
    Annotated,
    Event,
    JobCompleted,
    JobEvent,
    JobQueued,
    JobStarted,
    Logged,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
)
from agentmesh.store import alive, database, logs
from agentmesh.store.layout import unusable

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

_COMMIT_SECONDS = 0.1
_TICK_SECONDS = 0.2
_IMPATIENT_MS = 20
_encode = msgspec.json.Encoder().encode


class RunWriter:
    """Writes one run: an EventSink. See :class:`agentmesh.ports.history.RunWriter`."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        layout: Layout,
        run: str,
        number: int,
        repository: str,
    ) -> None:
        self.failure = ""
        self._connection = connection
        self._path = layout.history
        self._run = run
        self._number = number
        self._repository = repository
        self._logs = logs.LogWriter(layout, number)
        self._events: list[tuple[int, int, bytes]] = []
        self._rows: list[tuple[str, tuple[object, ...]]] = []
        self._jobs: dict[str, int] = {}
        self._steps: dict[tuple[int, int], float] = {}
        self._committed: datetime | None = None
        self._ticking = False
        self._closed = False

    def __call__(self, event: Event, /) -> None:
        """Take an event; never raises."""
        if self.failure or self._closed:
            return
        try:
            self._take(event)
        except (sqlite3.Error, OSError, AgentmeshError) as error:
            self._fail(error)

    def flush(self) -> None:
        """Commit what is pending and hand the logs to the disk."""
        if self.failure or self._closed:
            return
        try:
            self._flush()
        except (sqlite3.Error, OSError, AgentmeshError) as error:
            self._fail(error)

    def close(self) -> None:
        """Write the rest; the database stays open for its other users."""
        if self._closed:
            return
        try:
            if not self.failure:
                self._flush(wait=True)
        except (sqlite3.Error, OSError, AgentmeshError) as error:
            self._fail(error)
        self._closed = True
        try:
            self._logs.close()
        except (OSError, AgentmeshError) as error:
            self._fail(error)

    def _take(self, event: Event) -> None:
        if isinstance(event, Logged):
            job = self._job(event)
            self._logs.add(job, event.number, event.first, event.count, event.text)
        else:
            self._events.append((self._number, event.seq, _encode(event)))
            take = _TAKE.get(type(event))
            if take is not None:
                take(self, event)
        if self._committed is None:
            self._committed = event.time
        elif (event.time - self._committed).total_seconds() >= _COMMIT_SECONDS:
            self._committed = event.time
            self._flush()
        if not self._ticking:
            self._tick_later()

    def _tick_later(self) -> None:
        """Flush in a moment. Without a loop (a replay) the next event or the end does."""
        asyncio = sys.modules.get("asyncio")  # where nobody imported it, no loop runs
        if asyncio is None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._ticking = True
        loop.call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        self.flush()

    def _flush(self, *, wait: bool = False) -> None:
        # Rows first: a log file's job is then known to whoever finds the file.
        if self._events or self._rows:
            self._commit(wait=wait)
        if self._logs.dirty:
            self._logs.flush()

    def _commit(self, *, wait: bool) -> None:
        """Write what is pending. Where another process holds the database, a run that goes on does
        not ``wait`` for it but tries again later."""
        connection = self._connection
        if not wait:
            connection.execute(f"PRAGMA busy_timeout = {_IMPATIENT_MS}")
        try:
            with database.transaction(connection):
                connection.executemany("INSERT INTO event VALUES (?, ?, ?)", self._events)
                for statement, values in self._rows:
                    connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            if wait or "locked" not in str(error):
                raise
            return
        finally:
            if not wait:
                connection.execute(f"PRAGMA busy_timeout = {database.BUSY_SECONDS * 1000:.0f}")
        self._events.clear()
        self._rows.clear()

    def _fail(self, error: Exception) -> None:
        """Remember why this run's history is not complete, and take nothing more."""
        if isinstance(error, sqlite3.Error):
            error = database.explain(self._path, error)
        elif isinstance(error, OSError):
            error = unusable(self._path, error)
        self.failure = f"the history of run {self._run} is incomplete: {error}"
        self._events.clear()
        self._rows.clear()

    def _job(self, event: JobEvent) -> int:
        """The job's number in this run, given when it is first heard of."""
        key = event.key or event.job
        number = self._jobs.get(key)
        if number is None:
            number = self._jobs[key] = len(self._jobs) + 1
            self._rows.append(
                (
                    "INSERT INTO job (run, number, key, id, name) VALUES (?, ?, ?, ?, ?)",
                    (self._number, number, key, event.job_id, event.job),
                )
            )
        return number

    def _run_started(self, event: RunStarted) -> None:
        pid = os.getpid()
        self._rows.append(
            (
                "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)",
                (
                    self._number,
                    self._run,
                    self._repository,
                    names_text(event.workflows),
                    event.event,
                    event.ref,
                    event.sha,
                    event.actor,
                    event.directory,
                    event.name,
                    names_text(event.command),
                    event.time.timestamp(),
                    pid,
                    alive.born(pid),
                ),
            )
        )
        self._commit(wait=True)

    def _job_queued(self, event: JobQueued) -> None:
        job = self._job(event)
        values = (event.time.timestamp(), self._number, job)
        self._rows.append(("UPDATE job SET queued = ? WHERE run = ? AND number = ?", values))

    def _job_started(self, event: JobStarted) -> None:
        job = self._job(event)
        values = (event.time.timestamp(), event.runner, self._number, job)
        self._rows.append(
            ("UPDATE job SET started = ?, runner = ? WHERE run = ? AND number = ?", values)
        )

    def _step_started(self, event: StepStarted) -> None:
        job = self._job(event)
        values = (self._number, job, event.number, event.step, event.phase, event.time.timestamp())
        self._rows.append(
            (
                "INSERT OR IGNORE INTO step (run, job, number, name, phase, started)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        )

    def _step_completed(self, event: StepCompleted) -> None:
        job = self._job(event)
        self._logs.end_step(job, event.number)
        self._rows.append(
            (
                "INSERT INTO step (run, job, number, name, phase, seconds, conclusion, outcome,"
                " exit_code, error, cpu_seconds, peak_memory)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (run, job, number) DO UPDATE SET name = excluded.name,"
                " seconds = excluded.seconds, conclusion = excluded.conclusion,"
                " outcome = excluded.outcome, exit_code = excluded.exit_code,"
                " error = excluded.error, cpu_seconds = excluded.cpu_seconds,"
                " peak_memory = excluded.peak_memory",
                (
                    self._number,
                    job,
                    event.number,
                    event.step,
                    event.phase,
                    event.seconds,
                    event.conclusion,
                    event.outcome,
                    event.exit_code,
                    event.error or event.why,
                    event.cpu_seconds,
                    event.peak_memory,
                ),
            )
        )
        self._outputs(job, event.number, event.outputs)

    def _outputs(self, job: int, step: int, outputs: dict[str, str]) -> None:
        for name, value in outputs.items():
            values = (self._number, job, step, name, value)
            self._rows.append(("INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?)", values))

    def _annotated(self, event: Annotated) -> None:
        self._rows.append(
            (
                "INSERT INTO annotation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._number,
                    self._job(event),
                    event.number,
                    event.level,
                    event.message,
                    event.title,
                    event.file,
                    event.line,
                ),
            )
        )

    def _job_completed(self, event: JobCompleted) -> None:
        job = self._job(event)
        self._rows.append(
            (
                "UPDATE job SET seconds = ?, conclusion = ?, name = ?, why = ?"
                " WHERE run = ? AND number = ?",
                (event.seconds, event.conclusion, event.job, event.why, self._number, job),
            )
        )
        self._outputs(job, 0, event.outputs)
        self._committed = event.time
        self._flush()

    def _run_completed(self, event: RunCompleted) -> None:
        values = (event.seconds, event.conclusion, self._number)
        self._rows.append(("UPDATE run SET seconds = ?, conclusion = ? WHERE number = ?", values))
        self._flush(wait=True)


_TAKE: dict[type[Event], Callable[[RunWriter, Any], None]] = {
    RunStarted: RunWriter._run_started,
    JobQueued: RunWriter._job_queued,
    JobStarted: RunWriter._job_started,
    StepStarted: RunWriter._step_started,
    StepCompleted: RunWriter._step_completed,
    Annotated: RunWriter._annotated,
    JobCompleted: RunWriter._job_completed,
    RunCompleted: RunWriter._run_completed,
}
"""What an event means for the tables; those not named here are events only."""


def names_text(values: tuple[str, ...]) -> str:
    """Names as the database keeps and compares them."""
    return _encode(values).decode()
