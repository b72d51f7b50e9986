"""The process that starts jobs, seen from agentmesh."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.core.errors import SetupError
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


def test_a_killed_spawner_is_started_again(open_place: InPlace):
    async def scenario() -> None:
        spawner = Spawner()
        spawner.start()
        async with open_place(spawner) as first:
            assert (await first.sh("echo 1")).output == "1\n"
            os.kill(spawner.pid, signal.SIGKILL)
            os.waitid(os.P_PID, spawner.pid, os.WEXITED | os.WNOWAIT)
            assert (await first.sh("echo 2")).output == "2\n"
            async with open_place(spawner) as second:
                assert (await second.sh("echo 3")).output == "3\n"
        spawner.close()

    asyncio.run(scenario())


def test_a_python_that_is_not_there_is_named():
    with pytest.raises(SetupError, match="could not be started: No such file"):
        Spawner(python="/no/python").start()


def test_many_jobs_leave_no_descriptors(spawner: Spawner, open_place: InPlace):
    async def one() -> None:
        async with open_place(spawner) as place:
            assert (await place.sh("echo x")).output == "x\n"

    async def scenario() -> None:
        await one()
        before = len(os.listdir("/proc/self/fd"))
        async with asyncio.TaskGroup() as jobs:
            for _ in range(20):
                jobs.create_task(one())
        assert len(os.listdir("/proc/self/fd")) == before

    asyncio.run(scenario())


def test_no_secret_of_this_process_is_in_the_jobs_init_process(
    monkeypatch: pytest.MonkeyPatch, open_place: InPlace, job_inits: Inits
):
    secret = f"s3cret-{os.getpid()}"
    monkeypatch.setenv("TOKEN", secret)

    async def scenario() -> None:
        spawner = Spawner()
        async with open_place(spawner) as place:
            await place.sh("true")
            inits = job_inits(spawner)
            assert len(inits) == 1
            for pid in (spawner.pid, *inits):
                for file in ("environ", "cmdline"):
                    with contextlib.suppress(PermissionError):  # all the better
                        assert secret.encode() not in Path(f"/proc/{pid}/{file}").read_bytes()
        spawner.close()

    asyncio.run(scenario())
