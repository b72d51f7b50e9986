"""A store in a temporary folder, and events of runs to put into it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentmesh.core.events import (
    Event,
    JobCompleted,
    JobQueued,
    JobStarted,
    Logged,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
)
from agentmesh.core.result import Conclusion
from agentmesh.store.history import RunWriter, SqliteHistory
from agentmesh.store.layout import Layout

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Played:
    """Sends the events of one run to a sink, a tenth of a millisecond apart."""

    def __init__(self, sink: Callable[[Event], None], run: str) -> None:
        self.time = BEGUN
        self._sink = sink
        self._run = run
        self._seq = 1
        self._lines: dict[tuple[str, int], int] = {}

    def pass_time(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def begin(self, *workflows: str) -> None:
        self._send(
            RunStarted, workflows=workflows or ("ci.yml",), event="push", ref="refs/heads/main"
        )

    def job(self, name: str, job_id: str = "") -> dict[str, object]:
        of: dict[str, object] = {"job": name, "job_id": job_id or name, "key": name}
        self._send(JobQueued, **of, why="no condition")
        self._send(JobStarted, **of, runner="host")
        return of

    def step(self, of: dict[str, object], number: int, name: str = "") -> dict[str, object]:
        step = {**of, "step": name or f"step {number}", "number": number}
        self._send(StepStarted, **step)
        return step

    def log(self, step: dict[str, object], text: str) -> None:
        count = text.count("\n") + 1
        at = (str(step["key"]), int(str(step["number"])))
        first = self._lines.get(at, 1)
        self._lines[at] = first + count
        self._send(Logged, **step, text=text, count=count, first=first)

    def end_step(
        self,
        step: dict[str, object],
        conclusion: Conclusion = "success",
        outputs: dict[str, str] | None = None,
    ) -> None:
        self._send(
            StepCompleted,
            **step,
            conclusion=conclusion,
            outcome=conclusion,
            seconds=0.5,
            outputs=outputs or {},
        )

    def end_job(
        self,
        of: dict[str, object],
        conclusion: Conclusion = "success",
        seconds: float = 1.0,
        outputs: dict[str, str] | None = None,
    ) -> None:
        self._send(
            JobCompleted, **of, conclusion=conclusion, seconds=seconds, outputs=outputs or {}
        )

    def end(self, conclusion: Conclusion = "success") -> None:
        self._send(RunCompleted, conclusion=conclusion, seconds=2.0)

    def _send(self, kind: type[Event], **values: object) -> None:
        self.pass_time(0.0001)
        self._sink(kind(time=self.time, run=self._run, seq=self._seq, **values))  # type: ignore[arg-type]
        self._seq += int(values.get("count", 1))  # type: ignore[call-overload]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty store."""
    return Layout(str(tmp_path / "store"))


@pytest.fixture
def history(layout: Layout) -> SqliteHistory:
    """The history of that store."""
    return SqliteHistory(layout)


@pytest.fixture
def play(history: SqliteHistory) -> Callable[..., tuple[Played, RunWriter]]:
    """Begin a run: its events and what writes them."""

    def begin(repository: str = "acme/app", *workflows: str) -> tuple[Played, RunWriter]:
        run, number = history.new_run()
        writer = history.writer(run, number, repository)
        played = Played(writer, run)
        played.begin(*workflows)
        return played, writer

    return begin
