"""History: every run with its jobs, steps, outputs, annotations and events, in SQLite.

Made by :mod:`agentmesh.app`; implements :class:`agentmesh.ports.history.History`. Events are kept
as they were emitted (JSON, all but log lines, which go to files: logs.py); the other tables are
what queries ask for. Everything in an event is masked already.

Runs are written by run_writer.py.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import AnyEvent
from agentmesh.ports.history import JobRecord, LogPart, RunRecord, RunStatus, StepRecord
from agentmesh.store import alive, database, logs, schema
from agentmesh.store.layout import unusable
from agentmesh.store.run_writer import RunWriter, names_text

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

_SAMPLES = 5


class SqliteHistory:
    """The runs of one store. The database is opened when first asked for and kept open."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._connection: sqlite3.Connection | None = None
        self._absent = False
        """Whether there is no database yet, and an empty one in memory stands for it."""

    def close(self) -> None:
        """Close the database; it opens again where it is needed."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        """A history that was only read needs no care from whoever read it."""
        self.close()

    def new_run(self) -> tuple[str, int]:
        """A name such as ``000042-k3vq`` and its number. The suffix tells stores apart, so that
        runs can be brought together from several machines; the number alone does on this one."""
        connection = self._database(create=True)
        with database.guard(self._layout.history), database.transaction(connection):
            connection.execute("UPDATE counter SET value = value + 1 WHERE name = 'run'")
            row = connection.execute("SELECT value FROM counter WHERE name = 'run'").fetchone()
        number = int(row[0])
        letters = "0123456789abcdefghjkmnpqrstvwxyz"
        suffix = "".join(letters[byte % 32] for byte in os.urandom(4))
        return f"{number:06d}-{suffix}", number

    def writer(self, run: str, number: int, repository: str) -> RunWriter:
        """A sink for the events of a run that :meth:`new_run` has named."""
        connection = self._database(create=True)
        return RunWriter(connection, self._layout, run, number, repository)

    def runs(self, limit: int | None = None) -> tuple[RunRecord, ...]:
        """The newest first; all of them without a limit."""
        with database.guard(self._layout.history):
            connection = self._database()
            rows = connection.execute(
                "SELECT * FROM run ORDER BY number DESC LIMIT ?", (-1 if limit is None else limit,)
            ).fetchall()
            return tuple(_run(row, _job_counts(connection, row["number"])) for row in rows)

    def find(self, text: str) -> tuple[RunRecord, ...]:
        """The runs a text may mean: ``last``, a number, a name, or the beginning of names."""
        with database.guard(self._layout.history):
            connection = self._database()
            for condition, value in _meanings(text):
                rows = connection.execute(
                    f"SELECT * FROM run WHERE {condition} ORDER BY number DESC", value
                ).fetchall()
                if rows:
                    return tuple(_run(row, _job_counts(connection, row["number"])) for row in rows)
        return ()

    def jobs(self, run: RunRecord) -> tuple[JobRecord, ...]:
        """The jobs of a run with their steps, in the order they were first heard of."""
        with database.guard(self._layout.history):
            connection = self._database()
            steps: dict[int, list[StepRecord]] = {}
            for row in connection.execute(
                "SELECT * FROM step WHERE run = ? ORDER BY job, number", (run.number,)
            ):
                steps.setdefault(row["job"], []).append(_step(row))
            outputs: dict[int, dict[str, str]] = {}
            for row in connection.execute(
                "SELECT job, name, value FROM output WHERE run = ? AND step = 0", (run.number,)
            ):
                outputs.setdefault(row["job"], {})[row["name"]] = row["value"]
            return tuple(
                _job(row, steps.get(row["number"], ()), outputs.get(row["number"], {}))
                for row in connection.execute(
                    "SELECT * FROM job WHERE run = ? ORDER BY number", (run.number,)
                )
            )

    def events(self, run: RunRecord) -> Iterator[AnyEvent]:
        """All events but logs, in order."""
        decode = msgspec.json.Decoder(AnyEvent).decode
        with database.guard(self._layout.history):
            rows = self._database().execute(
                "SELECT body FROM event WHERE run = ? ORDER BY seq", (run.number,)
            )
            for row in rows:
                try:
                    yield decode(row["body"])
                except ValueError as error:
                    raise _unreadable(self._layout.history, run, error) from error

    def log(
        self, run: RunRecord, job: JobRecord, step: int | None = None, start: int = 0
    ) -> Iterator[LogPart]:
        """What a job's steps wrote, as far as it is on the disk."""
        for part, _ in self.log_from(run, job, step, start):
            yield part

    def log_from(
        self, run: RunRecord, job: JobRecord, step: int | None = None, start: int = 0
    ) -> Iterator[tuple[LogPart, int]]:
        """:meth:`log` from an offset on, each part with the offset after it, to go on from."""
        path = self._layout.log(run.number, job.number)
        try:
            yield from logs.read(path, step, start)
        except OSError as error:
            raise unusable(path, error) from error

    def expected_seconds(
        self, repository: str, names: Iterable[str], workflows: tuple[str, ...] = ()
    ) -> dict[str, float]:
        """The median of the last five successful lengths of each job by that name in runs of the
        repository (of just these ``workflows``, where some are given)."""
        found = {}
        files = names_text(workflows) if workflows else ""
        asked = {"of": repository, "files": files, "most": _SAMPLES}
        with database.guard(self._layout.history):
            connection = self._database()
            for name in dict.fromkeys(names):
                # CROSS JOIN: by name first, the latest first, and no further than needed.
                rows = connection.execute(
                    "SELECT j.seconds FROM job j CROSS JOIN run r ON r.number = j.run"
                    " WHERE j.name = :name AND j.conclusion = 'success' AND r.repository = :of"
                    " AND (:files = '' OR r.workflows = :files) ORDER BY j.run DESC LIMIT :most",
                    asked | {"name": name},
                ).fetchall()
                if rows:
                    found[name] = sorted(row[0] for row in rows)[len(rows) // 2]
        return found

    def delete(self, run: RunRecord) -> None:
        """Forget a run: its rows, then its logs."""
        from shutil import rmtree

        with database.guard(self._layout.history):
            connection = self._database(create=True)
            with database.transaction(connection):
                for table in schema.HISTORY_TABLES:
                    connection.execute(
                        f"DELETE FROM {table} WHERE run = ?",
                        (run.number,),
                    )
                connection.execute("DELETE FROM run WHERE number = ?", (run.number,))
        rmtree(self._layout.logs(run.number), ignore_errors=True)

    def _database(self, *, create: bool = False) -> sqlite3.Connection:
        if self._connection is None or (create and self._absent):
            self.close()
            connection = database.connect(self._layout.history, schema.HISTORY, create=create)
            connection.row_factory = sqlite3.Row
            self._connection = connection
            self._absent = not create and not os.path.exists(self._layout.history)
        return self._connection


def _meanings(text: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Conditions to try, the first that finds something decides."""
    if text == "last":
        yield "number = (SELECT max(number) FROM run)", ()
    # Longer than SQLite's integers, or digits that are no decimal ones, are no number of a run.
    if text.isascii() and text.isdigit() and len(text) < 18:
        yield "number = ?", (int(text),)
    if text:
        yield "id >= ? AND id < ?", (text, text + "\U0010ffff")


def _job_counts(connection: sqlite3.Connection, number: int) -> dict[str, int]:
    rows = connection.execute(
        "SELECT coalesce(conclusion, ''), count(*) FROM job WHERE run = ? GROUP BY 1", (number,)
    )
    return {conclusion or "running": count for conclusion, count in rows}


def _run(row: sqlite3.Row, jobs: dict[str, int]) -> RunRecord:
    status: RunStatus = row["conclusion"] or (
        "running" if alive.lives(row["pid"], row["born"]) else "interrupted"
    )
    if status == "interrupted" and "running" in jobs:
        jobs["interrupted"] = jobs.pop("running")
    return RunRecord(
        run=row["id"],
        number=row["number"],
        status=status,
        started=datetime.fromtimestamp(row["started"], UTC),
        seconds=row["seconds"],
        repository=row["repository"],
        workflows=msgspec.json.decode(row["workflows"], type=tuple[str, ...]),
        event=row["event"],
        ref=row["ref"],
        sha=row["sha"],
        actor=row["actor"],
        directory=row["directory"],
        name=row["name"],
        command=msgspec.json.decode(row["command"], type=tuple[str, ...]),
        jobs=jobs,
    )


def _job(row: sqlite3.Row, steps: Iterable[StepRecord], outputs: dict[str, str]) -> JobRecord:
    return JobRecord(
        number=row["number"],
        key=row["key"],
        id=row["id"],
        name=row["name"],
        conclusion=row["conclusion"] or "",
        seconds=row["seconds"],
        why=row["why"],
        steps=tuple(steps),
        outputs=outputs,
    )


def _step(row: sqlite3.Row) -> StepRecord:
    return StepRecord(
        number=row["number"],
        name=row["name"],
        phase=row["phase"],
        conclusion=row["conclusion"] or "",
        outcome=row["outcome"] or "",
        seconds=row["seconds"],
        exit_code=row["exit_code"],
        error=row["error"],
        cpu_seconds=row["cpu_seconds"],
        peak_memory=row["peak_memory"],
    )


def _unreadable(path: str, run: RunRecord, error: Exception) -> AgentmeshError:
    from agentmesh.core.errors import SetupError

    return SetupError(
        f"an event of run {run.run} in {path} cannot be read: {error}",
        remedy="it may be of a newer agentmesh; use that one",
    )
