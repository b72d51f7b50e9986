"""What a rerun takes from history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agentmesh.app import records, settings
from agentmesh.app.rerun import again
from agentmesh.core.errors import WorkflowError
from agentmesh.core.events import (
    JobCompleted,
    JobInfo,
    JobQueued,
    JobStarted,
    RunCompleted,
    RunStarted,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def user(tmp_path):
    (tmp_path / "repo").mkdir()
    return settings.load(
        store=str(tmp_path / "store"),
        directory=str(tmp_path / "repo"),
        environ={"HOME": str(tmp_path)},
        tty=False,
    )


@pytest.fixture
def keep(user):
    """Put a run into history: its planned needs, and how its jobs ended, by key."""

    def write(needs, ended, *, matrix=None, workflows=("ci.yml",), over=True, command=True):
        past = records.history(user)
        run, number = past.new_run()
        writer = past.writer(run, number, "me/repo")
        jobs = tuple(
            JobInfo(key=key, job=key, job_id=key.rpartition(":")[2], needs=needed)
            for key, needed in needs.items()
        )
        events = [
            RunStarted(
                time=NOW,
                workflows=workflows,
                event="push",
                directory=user.directory,
                jobs=jobs,
                command=("agentmesh", "run", "--event", "push") if command else (),
            )
        ]
        for key, conclusion in ended.items():
            of = {"time": NOW, "job": key, "job_id": key.partition("#")[0], "key": key}
            if conclusion != "skipped":
                events.append(JobQueued(**of, matrix=(matrix or {}).get(key, {})))
                events.append(JobStarted(**of))
            if conclusion is not None:
                events.append(JobCompleted(**of, conclusion=conclusion))
        if over:
            events.append(RunCompleted(time=NOW, conclusion="failure"))
        import msgspec

        for seq, event in enumerate(events, 1):
            writer(msgspec.structs.replace(event, run=run, seq=seq))
        writer.close()
        past.close()
        return run

    return write


CHAIN = {"build": (), "test": ("build",), "deploy": ("test",), "docs": ()}


def test_the_whole_run_is_asked_for_as_it_was(user, keep):
    run = keep(CHAIN, {"build": "success"})
    whole = again(user, "last", failed=False)
    assert whole is not None
    assert (whole.run, whole.jobs, whole.matrix) == (run, (), {})
    assert whole.command == ("agentmesh", "run", "--event", "push")
    assert whole.workflows == (f"{user.directory}/ci.yml",)


def test_what_failed_and_what_waited_for_it_is_asked_for(user, keep):
    keep(
        CHAIN,
        {"build": "success", "test": "failure", "deploy": "skipped", "docs": "success"},
    )
    some = again(user, "last", failed=True)
    assert some is not None
    assert some.jobs == ("test", "deploy")


def test_cells_that_failed_are_asked_for_by_their_values(user, keep):
    keep(
        {"test": ()},
        {"test#0": "success", "test#1": "failure"},
        matrix={"test#0": {"v": 1}, "test#1": {"v": 2}},
    )
    some = again(user, "last", failed=True)
    assert some is not None
    assert (some.jobs, some.matrix) == (("test",), {"v": ("2",)})


def test_no_filter_takes_cells_from_what_has_not_run_yet(user, keep):
    keep(
        {"test": (), "deploy": ("test",)},
        {"test#1": "failure", "deploy": "skipped"},
        matrix={"test#1": {"v": 2}},
    )
    some = again(user, "last", failed=True)
    assert some is not None
    assert (some.jobs, some.matrix) == (("test", "deploy"), {})


def test_a_job_that_failed_in_one_workflow_leaves_the_others_alone(user, keep):
    keep(
        {"ci:test": (), "docs:test": ()},
        {"ci:test": "failure", "docs:test": "success"},
        workflows=("ci.yml", "docs.yml"),
    )
    some = again(user, "last", failed=True)
    assert some is not None
    assert (some.jobs, some.workflows) == (("test",), (f"{user.directory}/ci.yml",))


def test_a_job_that_was_interrupted_counts_as_failed(user, keep):
    keep({"build": ()}, {"build": None}, over=False)
    some = again(user, "last", failed=True)
    assert some is not None
    assert some.jobs == ("build",)


def test_where_all_went_well_there_is_nothing_to_do(user, keep):
    keep(CHAIN, dict.fromkeys(CHAIN, "success"))
    assert again(user, "last", failed=True) is None


def test_a_run_whose_folder_is_gone_cannot_be_run_again(user, keep, tmp_path):
    keep(CHAIN, {})
    (tmp_path / "repo").rmdir()
    with pytest.raises(WorkflowError, match="is gone"):
        again(user, "last", failed=False)


def test_a_run_without_a_command_cannot_be_run_again(user, keep):
    keep(CHAIN, {}, command=False)
    with pytest.raises(WorkflowError, match="cannot be run again"):
        again(user, "last", failed=False)
