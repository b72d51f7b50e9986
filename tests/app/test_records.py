"""Finding earlier runs, jobs and steps by what people type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agentmesh.app import records
from agentmesh.app.config import Config, Retention
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError
from agentmesh.core.events import JobCompleted, RunCompleted, RunStarted, StepCompleted
from agentmesh.ports.history import RunRecord
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def settings(tmp_path, **retention):
    config = Config(retention=Retention(**retention))
    return Settings(store=str(tmp_path / "store"), directory=str(tmp_path), config=config)


def play(tmp_path, *jobs, ended=True, at=BEGUN):
    """Store a run with such jobs (name, id), each with a step of two names."""
    history = SqliteHistory(Layout(str(tmp_path / "store")))
    run, number = history.new_run()
    writer = history.writer(run, number, "acme/app")
    writer(RunStarted(time=at, run=run, seq=1, workflows=("ci.yml",), event="push"))
    for position, (name, job_id) in enumerate(jobs):
        of = {"job": name, "job_id": job_id, "key": f"key-{name}"}
        for step, text in enumerate(("Build", "1"), 1):
            seq = 10 * position + step + 1
            writer(
                StepCompleted(
                    time=at,
                    seq=seq,
                    **of,
                    step=text,
                    number=step,
                    conclusion="success",
                    outcome="success",
                )
            )
        writer(JobCompleted(time=at, seq=10 * position + 9, **of, conclusion="success"))
    if ended:
        writer(RunCompleted(time=at, seq=1000, conclusion="success"))
    writer.close()
    history.close()
    return run


@pytest.fixture
def matrix(tmp_path):
    play(tmp_path, ("test (1)", "test"), ("test (2)", "test"), ("lint", "test (1)"))
    return records.history(settings(tmp_path)), records.find_run(settings(tmp_path), "last")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, ["test (1)", "test (2)", "lint"]),
        ("test", ["test (1)", "test (2)"]),
        ("test (1)", ["test (1)"]),  # a name comes before an id
        ("key-lint", ["lint"]),
        ("LINT", ["lint"]),
    ],
)
def test_a_job_is_found_by_name_key_or_id(matrix, text, names):
    assert [job.name for job in records.find_jobs(*matrix, text)] == names


def test_a_steps_name_comes_before_its_number(matrix):
    history, run = matrix
    jobs = records.find_jobs(history, run, "lint")
    assert records.find_step(run, jobs, "1") == 2  # the second step is called 1
    assert records.find_step(run, jobs, "2") == 2
    assert records.find_step(run, jobs, "build") == 1
    with pytest.raises(WorkflowError, match=r"its steps are 1 \(Build\), 2 \(1\)"):
        records.find_step(run, jobs, "3")


def test_a_mistake_shows_before_anything_is_printed(tmp_path, matrix):
    with pytest.raises(WorkflowError):
        records.logs(settings(tmp_path), matrix[1], "nope", follow=True)


def test_a_follower_waits_while_the_run_goes_on(tmp_path):
    name = play(tmp_path, ("a", "a"), ended=False)
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        history = SqliteHistory(Layout(str(tmp_path / "store")))
        (run,) = history.find(name)
        history.delete(run)
        history.close()

    run = records.find_run(settings(tmp_path), name)
    assert isinstance(run, RunRecord)
    assert list(records.logs(settings(tmp_path), run, follow=True, sleep=sleep)) == []
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("retention", "options", "left"),
    [
        ({}, {}, 3),
        ({"runs": 2}, {}, 2),
        ({"runs": 2}, {"keep": 1}, 1),
        ({"days": 1.5}, {}, 2),
        ({"days": 1.5}, {"days": 100.0}, 3),
        ({}, {"keep": 0}, 0),
    ],
)
def test_runs_are_kept_as_long_as_the_settings_say(tmp_path, retention, options, left):
    now = BEGUN + timedelta(days=2)
    for days in range(3):
        play(tmp_path, at=BEGUN + timedelta(days=days))
    pruned = records.prune(settings(tmp_path, **retention), now, **options)
    assert pruned.runs == 3 - left
    assert len(records.runs(settings(tmp_path), None)) == left


def test_a_run_that_goes_on_is_never_pruned(tmp_path):
    play(tmp_path, ended=False)
    assert records.prune(settings(tmp_path), BEGUN + timedelta(days=999), keep=0).runs == 0
