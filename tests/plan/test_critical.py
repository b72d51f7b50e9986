"""The critical path and the times of a plan."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.plan.critical import Task, timetable


def task(key: str, seconds: float, *needs: str, group: str = "", slots: int | None = None) -> Task:
    return Task(key=key, group=group or key, seconds=seconds, needs=needs, slots=slots)


def test_nothing_takes_no_time() -> None:
    assert timetable([]).seconds == 0.0
    assert timetable([]).path == ()


def test_a_diamond_takes_its_longer_side() -> None:
    table = timetable([task("a", 1), task("b", 2, "a"), task("c", 5, "a"), task("d", 1, "b", "c")])
    assert table.path == ("a", "c", "d")
    assert table.seconds == 7
    assert table.starts == {"a": 0, "b": 1, "c": 1, "d": 6}


def test_a_job_waits_for_the_last_cell_of_what_it_needs() -> None:
    cells = [task(f"t#{n}", n, group="t") for n in (1, 4, 2)]
    table = timetable([*cells, task("z", 1, "t")])
    assert table.path == ("t#4", "z")


def test_cells_wait_for_room_where_only_some_may_run_at_once() -> None:
    cells = [task(f"t#{n}", 2, "a", group="t", slots=2) for n in range(5)]
    table = timetable([task("a", 1), *cells])
    assert [table.starts[f"t#{n}"] for n in range(5)] == [1, 1, 3, 3, 5]
    assert table.path == ("a", "t#0", "t#2", "t#4")
    assert table.seconds == 7


def test_of_two_paths_of_the_same_length_the_first_one_counts() -> None:
    assert timetable([task("a", 3), task("b", 3), task("c", 1, "a", "b")]).path == ("a", "c")


def test_a_need_that_is_not_there_is_waited_for_by_nobody() -> None:
    assert timetable([task("a", 3, "gone")]).starts == {"a": 0}


@st.composite
def graphs(draw: st.DrawFn) -> list[Task]:
    """Up to seven tasks, each behind some of those before it."""
    count = draw(st.integers(1, 7))
    names = [f"j{n}" for n in range(count)]
    return [
        task(
            name,
            draw(st.integers(0, 9)),
            *draw(st.lists(st.sampled_from(names[:place]), unique=True) if place else st.just([])),
        )
        for place, name in enumerate(names)
    ]


def chains(tasks: list[Task]) -> list[list[Task]]:
    """Every chain of tasks that need each other, from anywhere to anywhere."""
    by_key = {each.key: each for each in tasks}
    ending: dict[str, list[list[Task]]] = {}
    for each in tasks:
        before = [chain for need in each.needs for chain in ending[by_key[need].key]]
        ending[each.key] = [[each], *([*chain, each] for chain in before)]
    return [chain for found in ending.values() for chain in found]


@given(graphs())
def test_the_critical_path_is_the_longest_of_all_chains(tasks: list[Task]) -> None:
    table = timetable(tasks)
    by_key = {each.key: each for each in tasks}
    path = [by_key[key] for key in table.path]
    assert all(first.key in then.needs for first, then in pairwise(path))
    assert sum(each.seconds for each in path) == table.seconds
    assert table.seconds == max(sum(t.seconds for t in chain) for chain in chains(tasks))


@given(graphs())
def test_every_job_starts_the_moment_that_its_needs_have_ended(tasks: list[Task]) -> None:
    table = timetable(tasks)
    by_key = {each.key: each for each in tasks}
    for each in tasks:
        ends = [table.starts[need] + by_key[need].seconds for need in each.needs]
        assert table.starts[each.key] == max(ends, default=0)
