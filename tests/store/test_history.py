"""History: what runs were, whatever happened to them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable

import msgspec
import pytest

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import (
    Annotated,
    JobCompleted,
    Noticed,
    RunStarted,
    StepCompleted,
    Summarized,
)
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

Play = Callable[..., tuple]


def test_numbers_grow_and_names_are_never_the_same(layout: Layout) -> None:
    given = [SqliteHistory(layout).new_run() for _ in range(20)]
    assert [number for _, number in given] == list(range(1, 21))
    assert len({run for run, _ in given}) == 20
    assert sorted(run for run, _ in given) == [run for run, _ in given]


def test_a_run_is_kept_with_its_jobs_steps_and_outputs(history: SqliteHistory, play: Play) -> None:
    played, writer = play("acme/app", "ci.yml", "more.yml")
    of = played.job("build (1)", "build")
    step = played.step(of, 1, "Compile")
    played.end_step(step, "failure", {"x": "1"})
    played.end_job(of, "failure", 3.5, {"y": "2"})
    played.end("failure")
    writer.close()

    (run,) = history.runs()
    assert (run.status, run.seconds, run.workflows) == ("failure", 2.0, ("ci.yml", "more.yml"))
    assert run.jobs == {"failure": 1}
    (job,) = history.jobs(run)
    assert (job.name, job.id, job.conclusion, job.seconds) == ("build (1)", "build", "failure", 3.5)
    assert job.outputs == {"y": "2"}
    assert [(s.number, s.name, s.conclusion) for s in job.steps] == [(1, "Compile", "failure")]


def test_events_come_back_as_they_were(history: SqliteHistory, play: Play) -> None:
    played, writer = play()
    of = played.job("build")
    step = played.step(of, 1)
    writer(Annotated(time=played.time, seq=50, **step, level="error", message="boom", line=3))
    writer(Summarized(time=played.time, seq=51, **step, text="# ok"))
    writer(Noticed(time=played.time, seq=52, level="notice", message="by the way"))
    played.end_step(step)
    played.end_job(of)
    played.end()
    writer.close()

    (run,) = history.runs()
    events = list(history.events(run))
    assert isinstance(events[0], RunStarted)
    assert {type(event) for event in events} >= {Annotated, Summarized, Noticed, StepCompleted}
    assert [event.seq for event in events] == sorted(event.seq for event in events)
    assert events[0].time == played.time.replace(microsecond=100)


def test_log_lines_are_kept_by_step_and_not_among_the_events(
    history: SqliteHistory, play: Play
) -> None:
    played, writer = play()
    of = played.job("build")
    one, two = played.step(of, 1), played.step(of, 2)
    played.log(one, "a\nb")
    played.log(two, "c")
    played.log(one, "d")
    played.end_job(of)
    writer.close()

    (run,) = history.runs()
    (job,) = history.jobs(run)
    texts = {part.step: part for part in history.log(run, job)}
    assert texts[1].text == "a\nb\nd"
    assert (texts[2].text, texts[2].first, texts[2].count) == ("c", 1, 1)
    assert [part.text for part in history.log(run, job, 2)] == ["c"]
    assert not any(b"Logged" in msgspec.json.encode(event) for event in history.events(run))


def test_a_run_that_goes_on_is_running_and_one_whose_process_died_is_interrupted(
    history: SqliteHistory, play: Play, layout: Layout
) -> None:
    played, writer = play()
    played.end_job(played.job("done"))
    played.job("going")
    writer.flush()
    assert history.runs()[0].status == "running"
    assert history.runs()[0].jobs == {"success": 1, "running": 1}
    with sqlite3.connect(layout.history) as connection:
        connection.execute("UPDATE run SET born = 'an earlier boot/77'")
    connection.close()
    assert history.runs()[0].status == "interrupted"
    assert history.runs()[0].jobs == {"success": 1, "interrupted": 1}


def test_a_skipped_job_that_never_was_queued_is_kept_with_its_reason(
    history: SqliteHistory, play: Play
) -> None:
    played, writer = play()
    of = {"job": "deploy", "job_id": "deploy", "key": "deploy"}
    writer(JobCompleted(time=played.time, seq=9, **of, conclusion="skipped", why="not on a push"))
    writer.close()
    (job,) = history.jobs(history.runs()[0])
    assert (job.conclusion, job.why) == ("skipped", "not on a push")


def test_expected_seconds_are_the_median_of_late_successes(
    history: SqliteHistory, play: Play
) -> None:
    for seconds in (100.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0):
        played, writer = play()
        played.end_job(played.job("build"), seconds=seconds)
        played.end_job(played.job("flaky"), "failure", 50.0)
        writer.close()
    assert history.expected_seconds("acme/app", ["build", "flaky", "new"]) == {"build": 3.0}
    assert history.expected_seconds("acme/app", []) == {}
    assert history.expected_seconds("acme/other", ["build"]) == {}


def test_expected_seconds_tell_jobs_of_other_workflows_apart(
    history: SqliteHistory, play: Play
) -> None:
    for workflow, seconds in (("a.yml", 1.0), ("b.yml", 7.0)):
        played, writer = play("acme/app", workflow)
        played.end_job(played.job("test"), seconds=seconds)
        writer.close()
    assert history.expected_seconds("acme/app", ["test"], ("a.yml",)) == {"test": 1.0}


@pytest.mark.parametrize("text", ["last", "2", "000002"])
def test_a_run_is_found_by_what_people_type(history: SqliteHistory, play: Play, text: str) -> None:
    for _ in range(2):
        play()[1].close()
    assert [run.number for run in history.find(text)] == [2]


def test_a_beginning_may_mean_several_runs_and_nonsense_none(
    history: SqliteHistory, play: Play
) -> None:
    for _ in range(3):
        play()[1].close()
    assert [run.number for run in history.find("00000")] == [3, 2, 1]
    assert [history.find(text) for text in ("", "9" * 40, "²", "%", "x' OR 1=1")] == [()] * 5


def test_deleting_a_run_leaves_nothing_of_it(
    history: SqliteHistory, play: Play, layout: Layout
) -> None:
    for _ in range(2):
        played, writer = play()
        of = played.job("build")
        step = played.step(of, 1)
        played.log(step, "text")
        played.end_step(step, outputs={"a": "b"})
        played.end_job(of)
        writer.close()
    second, first = history.runs()
    history.delete(first)
    assert history.runs() == (second,)
    assert not os.path.exists(layout.logs(first.number))
    connection = sqlite3.connect(layout.history)
    for table in ("job", "step", "output", "event"):
        rows = connection.execute(f"SELECT DISTINCT run FROM {table}").fetchall()
        assert rows == [(second.number,)]
    connection.close()


def test_reading_an_empty_store_makes_nothing(history: SqliteHistory, layout: Layout) -> None:
    assert history.runs() == ()
    assert history.find("last") == ()
    assert history.expected_seconds("acme/app", ["build"]) == {}
    assert not os.path.exists(layout.root)


def test_a_store_that_was_empty_when_first_read_can_be_written(history: SqliteHistory) -> None:
    assert history.runs() == ()
    assert history.new_run()[1] == 1


def test_an_event_of_a_newer_version_is_a_clear_error(
    history: SqliteHistory, play: Play, layout: Layout
) -> None:
    play()[1].close()
    connection = sqlite3.connect(layout.history)
    connection.execute("""UPDATE event SET body = '{"type":"from.the.future"}'""")
    connection.commit()
    connection.close()
    with pytest.raises(AgentmeshError, match="cannot be read"):
        list(history.events(history.runs()[0]))
