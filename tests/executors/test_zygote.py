"""Isolation of jobs, and what is left of them when agentmesh itself is gone: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.executors.spawner import Spawner

InPlace = Callable[..., Any]
Marked = Callable[[str], list[int]]
Inits = Callable[[Spawner], list[int]]
ROOT = os.geteuid() == 0
needs_namespaces = pytest.mark.skipif(not ROOT, reason="namespaces need root")
ISOLATIONS = [
    pytest.param("namespace", marks=needs_namespaces),
    "user",
    "reaper",
]


DRIVER = """
import asyncio, sys
from agentmesh.executors.host import HostExecutor
from agentmesh.executors.spawner import Spawner
from agentmesh.ports.executor import Command

async def main():
    spawner = Spawner()
    executor = HostExecutor(spawner, sys.argv[1])
    processes = []
    for number in range(2):
        session = await executor.open(None, None)
        script = f"(setsid env -i sleep {sys.argv[2]} &); echo up; exec sleep {sys.argv[2]}"
        env = {"PATH": "/usr/bin:/bin"}
        process = await session.spawn(Command(argv=("bash", "-c", script), env=env, cwd="/"))
        await process.read()
        processes.append(process)
    print(spawner.pid, flush=True)
    await processes[0].wait()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "isolation",
    ISOLATIONS,
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_agentmesh_however_it_ends(
    isolation: str, number: signal.Signals, marked: Callable[[str], list[int]]
):
    mark = f"1000.{os.getpid()}{number}"
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, isolation, mark], stdout=subprocess.PIPE, text=True
    ) as driver:
        try:
            assert driver.stdout is not None
            spawner = int(driver.stdout.readline())
            deadline = time.monotonic() + 30
            while len(marked(mark)) < 4:  # a process that is about to be another has no name
                assert time.monotonic() < deadline, "not all were started"
                time.sleep(0.005)
            driver.send_signal(number)
            assert driver.wait(30) == -number
            deadline = time.monotonic() + 30
            while marked(mark) or _alive(spawner):
                assert time.monotonic() < deadline, "something is left"
                time.sleep(0.005)
        finally:
            driver.kill()


def _alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("isolation", [ISOLATIONS[0], "user"])
def test_a_job_sees_its_own_processes_only(in_place: InPlace, isolation: str):
    async def scenario(place: Any) -> None:
        ran = await place.sh("cat /proc/[0-9]*/comm; tr '\\0' '\\n' 2> /dev/null < /proc/1/environ")
        assert place.session.isolation == isolation
        assert set(ran.output.split()) <= {"agentmesh-job", "bash", "cat"}

    in_place(scenario, isolation)


def test_mounts_of_a_job_stay_in_it(in_place: InPlace, tmp_path: Path):
    if not ROOT:
        pytest.skip("mounting needs root")
    (tmp_path / "mnt").mkdir()
    ran = in_place(lambda place: place.sh("mount -t tmpfs none mnt && touch mnt/x && ls mnt"))
    assert ran.output == "x\n"
    assert list((tmp_path / "mnt").iterdir()) == []
