"""Which processes belong to a step."""

from __future__ import annotations

import os
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.executors.tree import Process, descendants, of_step, table

INIT = 1


def processes(*rows: tuple[int, int, int, int]) -> dict[int, Process]:
    """Of (pid, parent, session, start)."""
    return {pid: (parent, session, start, b"S") for pid, parent, session, start in rows}


@given(st.dictionaries(st.integers(2, 30), st.integers(1, 30)))
def test_descendants_are_those_whose_ancestor_is_a_root(parents: dict[int, int]):
    shown = {pid: (parent, pid, 0, b"S") for pid, parent in parents.items()}

    def below(pid: int, seen: frozenset[int] = frozenset()) -> bool:
        parent = parents.get(pid)
        if parent is None or pid in seen:
            return False
        return parent == INIT or below(parent, seen | {pid})

    assert descendants(shown, [INIT]) == {pid for pid in parents if below(pid)}


def test_what_has_ended_is_not_counted_but_its_children_are():
    shown = {2: (1, 2, 0, b"Z"), 3: (2, 2, 0, b"S")}
    assert descendants(shown, [1]) == {3}


def test_a_step_has_its_descendants_and_its_session():
    shown = processes((10, INIT, 10, 5), (11, 10, 10, 6), (12, INIT, 10, 6), (13, 12, 13, 7))
    assert of_step(shown, 10, 5, INIT, others=[20]) == {10, 11, 12, 13}


def test_a_daemon_belongs_to_the_only_step_there_is():
    shown = processes((10, INIT, 10, 5), (30, INIT, 30, 6), (31, 30, 30, 7))
    assert of_step(shown, 10, 5, INIT, others=[]) == {10, 30, 31}


def test_a_daemon_older_than_the_step_is_not_its_own():
    shown = processes((10, INIT, 10, 5), (30, INIT, 30, 4))
    assert of_step(shown, 10, 5, INIT, others=[]) == {10}


def test_a_daemon_of_nobody_knows_whom_is_left_alone():
    shown = processes((10, INIT, 10, 5), (20, INIT, 20, 5), (30, INIT, 30, 6))
    assert of_step(shown, 10, 5, INIT, others=[20]) == {10}


def test_the_step_may_have_ended_already():
    shown = processes((12, INIT, 10, 6))
    assert of_step(shown, 10, 5, INIT, others=[]) == {12}
    assert of_step({}, 10, 5, INIT, others=[]) == set()


def test_the_table_shows_this_process_and_names_may_hold_anything():
    awkward = ["bash", "-c", "printf 'x) Z (1 2' > /proc/self/comm; read -r _"]
    with subprocess.Popen(awkward, stdin=subprocess.PIPE) as child:
        shown = table()
        assert shown[child.pid][0] == os.getpid()
        assert shown[os.getpid()][0] == os.getppid()
        child.communicate(b"\n")
