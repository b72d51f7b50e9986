"""The fold of a run's events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.events import (
    Annotated,
    Event,
    JobCompleted,
    JobInfo,
    JobQueued,
    JobStarted,
    Logged,
    Noticed,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
    Summarized,
)
from agentmesh.core.state import (
    TAIL,
    Fold,
    RunState,
    apply,
    critical_path,
    fold,
    pending,
    remaining,
    totals,
)

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def of(key: str, seconds: float = 0.0) -> dict[str, object]:
    return {"time": at(seconds), "job": key, "job_id": key.partition("#")[0], "key": key}


def logged(text: str, key: str = "a", number: int = 1) -> Logged:
    return Logged(**of(key), step="s", number=number, text=text, count=text.count("\n") + 1)


def ran(key: str, start: float, end: float, *, queued: float | None = None, needs=()):
    """The events of a job without steps."""
    return (
        JobQueued(**of(key, start if queued is None else queued), needs=needs),
        JobStarted(**of(key, start)),
        JobCompleted(**of(key, end), conclusion="success", seconds=end - start),
    )


def started(*jobs: JobInfo) -> RunStarted:
    return RunStarted(time=BEGUN, run="1", workflows=("ci.yml",), event="push", jobs=jobs)


def info(key: str, *needs: str, seconds: float | None = None) -> JobInfo:
    return JobInfo(key=key, job=key, job_id=key, needs=needs, seconds=seconds)


def test_a_job_goes_from_queued_over_running_to_completed():
    whole = Fold()
    seen = []
    for event in ran("a", 1, 3, queued=0.5):
        whole.add(event)
        job = whole.job("a")
        assert job is not None
        seen.append(job.status)
    assert seen == ["queued", "running", "completed"]
    assert whole.state.jobs["a"].waited == 0.5
    assert whole.state.jobs["a"].seconds == 2


def test_a_job_that_never_ran_is_known_by_its_end_alone():
    state = fold([JobCompleted(**of("a"), conclusion="skipped", why="success() is false")])
    (job,) = state.of("skipped")
    assert (job.why, job.started, job.waited) == ("success() is false", None, 0.0)


def test_the_reason_to_run_stays_when_the_end_gives_none():
    state = fold(
        [JobQueued(**of("a"), why="push to main"), JobCompleted(**of("a"), conclusion="success")]
    )
    assert state.jobs["a"].why == "push to main"


def test_a_step_keeps_its_last_lines_over_several_batches():
    texts = ["\n".join(f"{batch}.{n}" for n in range(8)) for batch in range(5)]
    state = fold([logged(text) for text in texts])
    step = state.jobs["a"].steps[0]
    assert step.lines == 40
    assert list(step.tail) == "\n".join(texts).split("\n")[-TAIL:]


def test_a_batch_longer_than_the_tail_leaves_its_end():
    lines = [str(n) for n in range(1000)]
    assert fold([logged("\n".join(lines))]).jobs["a"].steps[0].tail == tuple(lines[-TAIL:])


def test_steps_that_run_side_by_side_keep_apart():
    events: list[Event] = [
        StepStarted(**of("a"), step="one", number=1),
        StepStarted(**of("a"), step="two", number=2),
        logged("for one", number=1),
        StepCompleted(**of("a"), step="two", number=2, conclusion="success", outcome="success"),
        logged("still one", number=1),
    ]
    job = fold(events).jobs["a"]
    assert [step.tail for step in job.steps] == [("for one", "still one"), ()]
    assert job.current is not None
    assert job.current.name == "one"


def test_a_failure_that_may_happen_is_not_the_failed_step():
    events = [
        StepCompleted(**of("a"), step="one", number=1, conclusion="success", outcome="failure"),
        StepCompleted(**of("a"), step="two", number=2, conclusion="failure", outcome="failure"),
    ]
    failed = fold(events).jobs["a"].failed
    assert failed is not None
    assert failed.name == "two"


def test_a_skipped_step_needs_no_start():
    event = StepCompleted(
        **of("a"), step="one", number=1, conclusion="skipped", outcome="skipped", why="false"
    )
    (step,) = fold([event]).jobs["a"].steps
    assert (step.conclusion, step.why) == ("skipped", "false")


def test_annotations_notices_and_summaries_are_kept():
    events: list[Event] = [
        Annotated(**of("a"), step="s", number=1, level="error", message="m", file="f", line=1),
        Noticed(time=BEGUN, level="warning", message="n"),
        Summarized(**of("a"), step="s", number=1, text="# Title"),
    ]
    state = fold(events)
    assert [a.message for a in state.annotations] == ["m"]
    assert [n.message for n in state.notices] == ["n"]
    assert state.jobs["a"].steps[0].summary == len("# Title")


def test_a_snapshot_is_left_alone_by_what_comes_later():
    whole = Fold()
    whole.add(logged("one"))
    before = whole.state
    whole.add(logged("two"))
    whole.add(logged("x", key="b"))
    assert list(before.jobs) == ["a"]
    assert before.jobs["a"].steps[0].tail == ("one",)


def test_jobs_without_a_key_are_told_apart_by_their_name():
    events = [
        JobCompleted(time=BEGUN, job=f"t ({n})", job_id="t", conclusion="success") for n in "12"
    ]
    assert list(fold(events).jobs) == ["t (1)", "t (2)"]


EVENTS = st.one_of(
    st.builds(lambda key, why: JobQueued(**of(key), why=why), st.sampled_from("ab"), st.text()),
    st.builds(lambda key: JobStarted(**of(key, 1)), st.sampled_from("ab")),
    st.builds(
        lambda key, number, text: logged(text, key, number),
        st.sampled_from("ab"),
        st.integers(1, 3),
        st.text(alphabet="xy\n"),
    ),
    st.builds(
        lambda key, number, outcome: StepCompleted(
            **of(key, 2), step="s", number=number, conclusion=outcome, outcome=outcome
        ),
        st.sampled_from("ab"),
        st.integers(1, 3),
        st.sampled_from(["success", "failure"]),
    ),
    st.builds(
        lambda key, message: Annotated(**of(key), step="s", level="error", message=message),
        st.sampled_from("ab"),
        st.text(),
    ),
    st.builds(lambda m: Noticed(time=BEGUN, level="notice", message=m), st.text()),
    st.builds(lambda: RunCompleted(time=at(9), conclusion="success", seconds=9.0)),
)


@given(st.lists(EVENTS, max_size=30))
def test_the_fold_is_the_pure_step_applied_to_each_event(events):
    assert fold(events) == reduce(apply, events, RunState())


def test_a_fold_of_many_jobs_loses_no_line_and_changes_no_snapshot():
    whole = Fold()
    for number in range(256):
        whole.add(JobQueued(**of(f"t#{number}")))
    before = whole.state
    for number in range(20_000):
        whole.add(logged("line", key=f"t#{number % 256}"))
    assert sum(job.steps[0].lines for job in whole.state.jobs.values()) == 20_000
    assert all(not job.steps for job in before.jobs.values())


def test_the_critical_path_follows_the_need_that_ended_last():
    state = fold(
        [
            started(info("a"), info("b"), info("c", "a", "b")),
            *ran("a", 0, 1),
            *ran("b", 0, 3),
            *ran("c", 3.5, 5, queued=3, needs=("a", "b")),
        ]
    )
    path = critical_path(state)
    assert [(link.job.key, link.waited, link.ran) for link in path] == [
        ("b", 0, 3),
        ("c", 0.5, 1.5),
    ]


def test_the_critical_path_goes_through_the_slowest_cell_of_a_matrix():
    state = fold(
        [
            started(info("t"), info("d", "t")),
            *ran("t#0", 0, 1),
            *ran("t#1", 0, 4),
            *ran("d", 4, 5, needs=("t",)),
        ]
    )
    assert [link.job.key for link in critical_path(state)] == ["t#1", "d"]


def test_the_critical_path_goes_into_a_called_workflow_and_out_of_it():
    state = fold(
        [
            started(info("a"), info("call", "a"), info("z", "call")),
            *ran("a", 0, 1),
            *ran("call/x", 1, 2),
            *ran("call/y", 2, 4, needs=("call/x",)),
            *ran("z", 4, 5, needs=("call",)),
        ]
    )
    assert [link.job.key for link in critical_path(state)] == ["a", "call/x", "call/y", "z"]


def test_a_run_in_which_nothing_ran_has_no_critical_path():
    assert critical_path(fold([JobCompleted(**of("a"), conclusion="skipped")])) == ()


def test_totals_add_up_where_the_time_went():
    events = [
        *ran("a", 1, 4, queued=0),
        StepCompleted(
            **of("a", 3), step="s", number=1, conclusion="success", outcome="success", seconds=2.5
        ),
    ]
    total = totals(fold(events))
    assert (total.waiting, total.steps, total.around) == (1, 2.5, 0.5)
    assert [step.name for _, step in total.slowest] == ["s"]


def test_nodes_are_pending_until_one_of_their_jobs_is_heard_of():
    events = [started(info("a"), info("t", "a"), info("d", "t")), JobQueued(**of("t#3"))]
    assert [node.key for node in pending(fold(events))] == ["a", "d"]


@pytest.mark.parametrize(("seconds", "expected"), [(1.0, 9.0), (8.0, 4.0)])
def test_what_remains_is_the_longest_chain_of_what_is_left(seconds, expected):
    events = [
        started(info("a"), info("b", "a", seconds=4)),
        JobQueued(**of("a"), seconds=6.0),
        JobStarted(**of("a")),
    ]
    # over its time, a job may end at any moment
    assert remaining(fold(events), at(seconds)) == pytest.approx(max(expected, 4.0))


def test_nobody_knows_what_remains_when_one_job_was_never_seen():
    events = [started(info("a"), info("b", "a")), JobQueued(**of("a"), seconds=6.0)]
    assert remaining(fold(events), BEGUN) is None
