"""Telling a living process from a dead one that had the same number."""

from __future__ import annotations

import os
import subprocess

from agentmesh.store import alive


def test_this_process_lives() -> None:
    assert alive.lives(os.getpid(), alive.born(os.getpid()))
    assert alive.owner_lives(alive.owner())


def test_a_process_that_ended_is_dead() -> None:
    with subprocess.Popen(["sleep", "100"]) as process:
        since = alive.born(process.pid)
        assert alive.lives(process.pid, since)
        process.kill()
        process.wait()
        assert not alive.lives(process.pid, since)


def test_a_dead_process_that_nobody_has_waited_for_is_dead() -> None:
    with subprocess.Popen(["true"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()  # its end of the pipe closes when it exits
        while alive.born(process.pid):
            os.sched_yield()
        assert not alive.lives(process.pid, "boot/1")


def test_another_process_with_the_same_number_is_not_taken_for_it() -> None:
    assert not alive.lives(os.getpid(), "another boot/123")


def test_what_is_no_owner_is_dead() -> None:
    assert not any(alive.owner_lives(text) for text in ("", "x", "1", "99999999+b/1+r"))


def test_owners_are_never_the_same() -> None:
    assert len({alive.owner() for _ in range(100)}) == 100
