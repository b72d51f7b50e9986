"""Decisions of the schedule, without running anything."""

from __future__ import annotations

from agentmesh.engine.scheduler import Schedule
from agentmesh.lang.model import Concurrency, Job, Text, Workflow
from agentmesh.plan.model import Call, Cell, Expansion, JobSpec, Need, Node, Skipped, Source

TOP = Call(workflow=Workflow(path="ci.yml"))
SOURCE = Source(directory="/repo", repository="o/r")


def node(key: str, *needs: str) -> Node:
    return Node(key=key, job=Job(id=key), call=TOP, needs=needs)


def spec(key: str, concurrency: Concurrency | None = None) -> JobSpec:
    return JobSpec(
        run="1",
        key=key,
        id=key,
        name=key,
        job=Job(id=key),
        workflow_path="ci.yml",
        source=SOURCE,
        concurrency=concurrency,
    )


def expand(schedule: Schedule, *members: str, fail_fast: bool = True, parallel: int | None = None):
    """Expand the next ready node into cells of these names."""
    ready = schedule.ready()
    assert ready is not None
    cells = tuple(spec(m) for m in members)
    expansion = Expansion(why="", members=cells, fail_fast=fail_fast, max_parallel=parallel)
    return schedule.expanded(ready, expansion)


def started(schedule: Schedule) -> list[str]:
    return [s.key for s in schedule.startable()]


def test_a_job_starts_the_moment_its_own_needs_are_met():
    schedule = Schedule([node("a"), node("slow"), node("b", "a")], capacity=9)
    expand(schedule, "a")
    expand(schedule, "slow")
    assert schedule.ready() is None
    assert started(schedule) == ["a", "slow"]
    schedule.ended("a", "success", {})
    ready = schedule.ready()
    assert ready is not None
    assert ready.key == "b"


def test_no_more_jobs_run_than_there_is_capacity_for():
    schedule = Schedule([node("m")], capacity=2)
    expand(schedule, "m1", "m2", "m3")
    assert started(schedule) == ["m1", "m2"]
    assert started(schedule) == []
    schedule.ended("m2", "success", {})
    assert started(schedule) == ["m3"]


def test_max_parallel_holds_for_its_own_matrix_alone():
    schedule = Schedule([node("m"), node("other")], capacity=9)
    expand(schedule, "m1", "m2", parallel=1)
    expand(schedule, "other")
    assert started(schedule) == ["m1", "other"]
    schedule.ended("m1", "success", {})
    assert started(schedule) == ["m2"]


def test_a_failed_cell_stops_its_siblings_once():
    schedule = Schedule([node("m")], capacity=2)
    expand(schedule, "m1", "m2", "m3")
    schedule.startable()
    stops = schedule.ended("m1", "failure", {})
    assert [(s.key, s.reason) for s in stops] == [("m2", "fail-fast"), ("m3", "fail-fast")]
    assert schedule.ended("m2", "failure", {}) == []


def test_a_failed_cell_stops_nobody_without_fail_fast_or_when_it_may_fail():
    schedule = Schedule([node("m")], capacity=9)
    expand(schedule, "m1", "m2", fail_fast=False)
    schedule.startable()
    assert schedule.ended("m1", "failure", {}) == []
    schedule = Schedule([node("m")], capacity=9)
    expand(schedule, "m1", "m2")
    schedule.startable()
    assert schedule.ended("m1", "failure", {}, allowed=True) == []
    schedule.ended("m2", "success", {})
    assert schedule.results["m"] == Need("success", {})


def test_a_cell_without_a_machine_stops_nobody():
    schedule = Schedule([node("m")], capacity=9)
    expand(schedule, "m1", "m2")
    schedule.startable()
    assert schedule.ended("m1", "failure", {}, spare=True) == []
    assert [s.key for s in schedule.ended("m2", "failure", {})] == []
    assert schedule.results["m"].result == "failure"


def test_the_worst_cell_decides_and_outputs_of_later_cells_win():
    schedule = Schedule([node("m")], capacity=9)
    expand(schedule, "m1", "m2", "m3", fail_fast=False)
    schedule.startable()
    schedule.ended("m1", "success", {"x": "1", "y": "1"})
    schedule.ended("m2", "failure", {"x": "2", "y": ""})
    schedule.ended("m3", "cancelled", {})
    assert schedule.results["m"] == Need("failure", {"x": "2", "y": "1"})
    assert schedule.done


def test_a_matrix_without_cells_counts_as_skipped():
    schedule = Schedule([node("m"), node("b", "m")], capacity=9)
    expand(schedule)
    assert schedule.results["m"].result == "skipped"
    assert schedule.ready() is not None


def test_ancestors_are_known_through_several_generations():
    schedule = Schedule([node("a"), node("b", "a"), node("c", "b")], capacity=9)
    for key in "ab":
        expand(schedule, key)
        schedule.startable()
        schedule.ended(key, "success", {})
    ready = schedule.ready()
    assert ready is not None
    assert set(schedule.ancestors(ready)) == {"a", "b"}


def test_a_concurrency_group_runs_one_and_keeps_only_the_newest_waiting():
    group = Concurrency(Text("Deploy"))
    schedule = Schedule([node(k) for k in "abc"], capacity=9)
    stops = []
    for key in "abc":
        ready = schedule.ready()
        assert ready is not None
        members = (spec(key, Concurrency(Text(group.group.source.swapcase()))),)
        stops += schedule.expanded(ready, Expansion(why="", members=members))
    assert [s.key for s in stops] == ["b"]
    assert started(schedule) == ["a"]
    schedule.ended("b", "cancelled", {})
    assert started(schedule) == []
    schedule.ended("a", "success", {})
    assert started(schedule) == ["c"]


def test_a_newcomer_cancels_the_holder_where_the_workflow_asks_for_it():
    schedule = Schedule([node("a"), node("b")], capacity=9)
    for key in "ab":
        ready = schedule.ready()
        assert ready is not None
        members = (spec(key, Concurrency(Text("g"), cancel_in_progress=True)),)
        stops = schedule.expanded(ready, Expansion(why="", members=members))
        schedule.startable()
    assert [s.key for s in stops] == ["a"]
    assert schedule.ended("a", "cancelled", {}) == []
    assert started(schedule) == ["b"]


def test_a_queue_of_the_largest_size_keeps_all_that_wait():
    schedule = Schedule([node(k) for k in "abc"], capacity=9)
    for key in "abc":
        ready = schedule.ready()
        assert ready is not None
        members = (spec(key, Concurrency(Text("g"), queue="max")),)
        assert schedule.expanded(ready, Expansion(why="", members=members)) == []
    order = []
    for _ in "abc":
        order += (ran := started(schedule))
        schedule.ended(ran[0], "success", {})
    assert order == ["a", "b", "c"]


def test_a_called_workflow_ends_when_all_its_nodes_have():
    schedule = Schedule([node("call"), node("after", "call")], capacity=9)
    ready = schedule.ready()
    assert ready is not None
    inner = Call(workflow=Workflow(path="called.yml"), key="call")
    cell = Cell(key="call", id="call", name="call", call=inner)
    schedule.expanded(ready, Expansion(why="", members=(cell,)))
    children = (Node(key="call/x", job=Job(id="x"), call=inner),)
    schedule.open(cell, children)
    assert schedule.finished_calls() == []
    expand(schedule, "call/x")
    assert started(schedule) == ["call/x"]
    schedule.ended("call/x", "success", {"o": "1"})
    assert schedule.finished_calls() == [(cell, {"x": Need("success", {"o": "1"})})]
    schedule.ended("call", "success", {"o": "1"})
    ready = schedule.ready()
    assert ready is not None
    assert ready.key == "after"


def test_a_skipped_member_closes_its_node():
    schedule = Schedule([node("a")], capacity=9)
    ready = schedule.ready()
    assert ready is not None
    skipped = Skipped(key="a", id="a", name="a", why="if is false")
    schedule.expanded(ready, Expansion(why="", members=(skipped,)))
    schedule.ended("a", "skipped", {})
    assert schedule.done
