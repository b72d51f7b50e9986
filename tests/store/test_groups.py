"""Turns of concurrency groups, among several that share a store."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.ports.groups import Superseded
from agentmesh.store.groups import FileGroups
from agentmesh.store.layout import Layout


def nothing() -> None:
    """What somebody does who does not mind to be asked."""


@pytest.fixture
def groups(tmp_path: Path) -> FileGroups:
    return FileGroups(Layout(str(tmp_path)), "octo/repo")


async def take(
    groups: FileGroups,
    name: str,
    log: list[str],
    *,
    until: asyncio.Event | None = None,
    cancel_others: bool = False,
    keep_queue: bool = True,
    ask_to_end: Callable[[], None] = nothing,
    group: str = "Deploy",
) -> None:
    turn = groups.turn(
        group, cancel_others=cancel_others, keep_queue=keep_queue, ask_to_end=ask_to_end
    )
    try:
        async with turn:
            log.append(f"{name} in")
            if until is not None:
                await until.wait()
            log.append(f"{name} out")
    except Superseded as error:
        log.append(f"{name}: {error.message}")


def test_one_is_at_work_at_a_time_and_the_oldest_comes_next(groups: FileGroups):
    async def scenario() -> list[str]:
        log: list[str] = []
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take(groups, "a", log, until=done))
            tasks.create_task(take(groups, "b", log, group="DEPLOY"))
            tasks.create_task(take(groups, "c", log))
            while "a in" not in log:
                await asyncio.sleep(0)
            done.set()
        return log

    assert asyncio.run(scenario()) == ["a in", "a out", "b in", "b out", "c in", "c out"]


def test_groups_of_other_names_and_repositories_do_not_wait(groups: FileGroups, tmp_path: Path):
    async def scenario() -> list[str]:
        log: list[str] = []
        other = FileGroups(Layout(str(tmp_path)), "octo/other")
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take(groups, "a", log, until=done))
            while not log:
                await asyncio.sleep(0)
            await take(groups, "b", log, group="other")
            await take(other, "c", log)
            done.set()
        return log

    assert asyncio.run(scenario()) == ["a in", "b in", "b out", "c in", "c out", "a out"]


def test_of_those_that_wait_only_the_newest_stays(groups: FileGroups):
    async def scenario() -> list[str]:
        log: list[str] = []
        done = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take(groups, "a", log, until=done))
            tasks.create_task(take(groups, "b", log, keep_queue=False))
            await asyncio.sleep(0)
            tasks.create_task(take(groups, "c", log, keep_queue=False))
            while len(log) < 2:
                await asyncio.sleep(0.01)
            done.set()
        return log

    assert asyncio.run(scenario()) == [
        "a in",
        "b: superseded in concurrency group 'Deploy'",
        "a out",
        "c in",
        "c out",
    ]


def test_a_newcomer_may_ask_whoever_is_at_work_to_end(groups: FileGroups):
    async def scenario() -> list[str]:
        log: list[str] = []
        asked = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(take(groups, "a", log, until=asked, ask_to_end=asked.set))
            while not log:
                await asyncio.sleep(0)
            tasks.create_task(take(groups, "b", log, cancel_others=True))
        return log

    assert asyncio.run(scenario()) == ["a in", "a out", "b in", "b out"]


def test_the_dead_hold_nothing(groups: FileGroups, tmp_path: Path):
    program = (
        "import asyncio, os, sys\n"
        "from agentmesh.store.groups import FileGroups\n"
        "from agentmesh.store.layout import Layout\n"
        "async def main():\n"
        "    turn = FileGroups(Layout(sys.argv[1]), 'octo/repo').turn(\n"
        "        'deploy', cancel_others=False, keep_queue=True, ask_to_end=lambda: None)\n"
        "    async with turn:\n"
        "        os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -9
    log: list[str] = []
    asyncio.run(take(groups, "a", log))
    assert log == ["a in", "a out"]
    (folder,) = (tmp_path / "groups").iterdir()
    assert sorted(os.listdir(folder)) == ["turn"]
