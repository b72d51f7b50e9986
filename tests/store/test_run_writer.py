"""Writing runs: never in the way, never raising, and nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agentmesh.core.events import StepCompleted
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

Play = Callable[..., tuple]


def test_readers_see_a_run_while_it_goes_on(layout: Layout, play: Play) -> None:
    played, _ = play()
    of = played.job("build")
    played.log(played.step(of, 1), "first")
    played.pass_time(0.2)
    played.log({**of, "step": "step 1", "number": 1}, "second")

    reader = SqliteHistory(layout)
    (run,) = reader.runs()
    (job,) = reader.jobs(run)
    assert [part.text for part in reader.log(run, job)] == ["first\nsecond"]
    reader.close()


def test_a_silent_run_is_committed_by_the_loop_it_runs_in(layout: Layout, play: Play) -> None:
    async def perform() -> list[str]:
        played, _ = play()
        of = played.job("build")
        played.log(played.step(of, 1), "then nothing for long")
        reader = SqliteHistory(layout)
        async with asyncio.timeout(20):
            while True:
                (run,) = reader.runs()
                for job in reader.jobs(run):
                    if texts := [part.text for part in reader.log(run, job)]:
                        reader.close()
                        return texts
                await asyncio.sleep(0.01)

    assert asyncio.run(perform()) == ["then nothing for long"]


def test_a_writer_never_raises_and_says_what_it_lost(
    history: SqliteHistory, play: Play, layout: Layout
) -> None:
    played, writer = play()
    played.job("build")
    writer.flush()
    connection = sqlite3.connect(layout.history)
    connection.execute("DROP TABLE event")
    connection.commit()
    connection.close()
    played.end_job(played.job("other"))
    assert "incomplete" in writer.failure
    played.end()
    writer.close()
    writer.close()


def test_a_run_does_not_wait_for_whoever_holds_the_database(
    history: SqliteHistory, play: Play, layout: Layout
) -> None:
    played, writer = play()
    other = sqlite3.connect(layout.history, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for n in range(5):
        played.pass_time(1.0)
        played.end_job(played.job(f"job {n}"))  # would wait for 30 s each
    assert history.jobs(history.runs()[0]) == ()
    other.execute("ROLLBACK")
    other.close()
    writer.close()
    assert writer.failure == ""
    assert len(history.jobs(history.runs()[0])) == 5


def test_what_comes_after_the_end_is_not_taken(history: SqliteHistory, play: Play) -> None:
    played, writer = play()
    played.end()
    writer.close()
    played.job("late")
    writer.flush()
    assert history.jobs(history.runs()[0]) == ()


def test_two_runs_write_at_the_same_time(layout: Layout) -> None:
    writers = []
    for _ in range(2):
        history = SqliteHistory(layout)
        run, number = history.new_run()
        writers.append((history, history.writer(run, number, "acme/app")))
    for _, writer in writers:
        for step in range(300):
            writer(
                StepCompleted(
                    time=_moment(step),
                    seq=step,
                    job="b",
                    job_id="b",
                    key="b",
                    step="s",
                    number=step,
                    conclusion="success",
                    outcome="success",
                    cpu_seconds=0.5,
                    peak_memory=step << 32,
                )
            )
    for history, writer in writers:
        writer.close()
        assert writer.failure == ""
        history.close()
    connection = sqlite3.connect(layout.history)
    assert connection.execute("SELECT count(*) FROM step").fetchone() == (600,)
    took = "SELECT sum(cpu_seconds), max(peak_memory) FROM step"
    assert connection.execute(took).fetchone() == (300.0, 299 << 32)
    connection.close()


def _moment(step: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=7 * step)
