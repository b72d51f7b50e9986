"""The init process of a job: what it gives to processes, and that none gets away from it."""

from __future__ import annotations

import asyncio
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


def test_a_process_has_nothing_but_its_output_open(in_place: InPlace):
    with open(os.devnull) as inherited:
        os.set_inheritable(inherited.fileno(), True)
        ran = in_place(
            lambda place: place.sh("cat; for fd in /proc/$$/fd/*; do readlink $fd; done")
        )
    kinds = [line.split(":")[0] for line in ran.output.splitlines()]
    assert kinds[:3] == ["/dev/null", "pipe", "pipe"]
    assert "socket" not in kinds[3:]
    assert not any(str(inherited.name) in line for line in ran.output.splitlines()[3:])


def test_signals_are_as_a_fresh_process_has_them(in_place: InPlace):
    ran = in_place(lambda place: place.run("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"))
    standard = (1 << 31) - 1  # above are those of the C library itself
    masks = [int(line.split()[1], 16) for line in ran.output.splitlines()]
    assert [mask & standard for mask in masks] == [0, 0]


def test_each_process_leads_a_session(in_place: InPlace):
    ran = in_place(lambda place: place.sh("echo $$ $(cut -d' ' -f5,6 /proc/$$/stat)"))
    assert len(set(ran.output.split())) == 1


@pytest.mark.parametrize(("word", "code"), [("interrupt", 2), ("terminate", 15)])
def test_a_signal_reaches_the_whole_group(in_place: InPlace, word: str, code: int):
    async def scenario(place: Any) -> None:
        script = f"trap 'exit 42' {code}; sleep 1000 & echo ready; wait; sleep 1000"
        process = await place.start("bash", "-c", f"({script}); echo code $?; exit 3")
        assert await process.read() == b"ready\n"
        getattr(process, word)()
        assert await process.wait() in (3, -code)
        getattr(process, word)()

    in_place(scenario)


# Its mark is an argument from the beginning, before it says that it is up.
DAEMON = "(setsid env -i bash -c 'echo up > {up}; sleep 1000; :' {mark} > /dev/null 2>&1 &)"


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_nothing_outlives_the_job(
    in_place: InPlace, tmp_path: Path, isolation: str, marked: Marked
):
    """Not even what forked twice, opened a session and forgot its environment."""
    mark = f"daemon-{os.getpid()}"
    os.mkfifo(tmp_path / "up")

    async def scenario(place: Any) -> None:
        ran = await place.sh(DAEMON.format(mark=mark, up="up") + "; cat up")
        assert ran.output == "up\n"
        assert place.session.isolation == isolation
        assert marked(mark)

    in_place(scenario, isolation)
    assert marked(mark) == []


@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_killing_a_step_ends_its_daemons_but_not_those_of_earlier_steps(
    in_place: InPlace, tmp_path: Path, isolation: str, marked: Marked
):
    early, late = f"early-{os.getpid()}", f"late-{os.getpid()}"
    os.mkfifo(tmp_path / "up")

    async def scenario(place: Any) -> None:
        await place.sh(DAEMON.format(mark=early, up="up") + "; cat up; sleep 0.02")
        process = await place.start(
            "bash",
            "-c",
            DAEMON.format(mark=late, up="up") + "; cat up; trap '' INT TERM; sleep 999",
        )
        assert await process.read() == b"up\n"
        assert marked(late)
        process.kill()
        assert await process.wait() == -9
        await place.sh("true")  # the daemon is dead when the next request is answered
        assert marked(late) == []
        assert marked(early)

    in_place(scenario, isolation)


def test_killing_a_step_leaves_others_alone(in_place: InPlace):
    async def scenario(place: Any) -> None:
        script = "sleep 1000 & echo $!; wait"
        one = await place.start("bash", "-c", script)
        other = await place.start("bash", "-c", "trap 'exit 4' TERM; echo up; sleep 1000 & wait")
        await one.read()
        assert await other.read() == b"up\n"
        one.kill()
        assert await one.wait() == -9
        other.terminate()
        assert await other.wait() == 4

    in_place(scenario)


def test_a_fork_bomb_ends_with_its_step(in_place: InPlace, marked: Marked):
    mark = f"999.{os.getpid()}4"

    async def scenario(place: Any) -> None:
        # A bomb that ends at 256 processes, should this go wrong.
        bomb = f"f() {{ [ $1 = 0 ] || {{ f $(($1-1)) & f $(($1-1)) & }}; sleep {mark}; }}; f 7"
        process = await place.start(
            "bash", "-c", f"(for i in 1 2 3; do sleep {mark} & done; {bomb})"
        )
        while not marked(mark):
            await asyncio.sleep(0)
        process.kill()
        await process.wait()

    in_place(scenario)
    assert marked(mark) == []


@pytest.mark.parametrize("isolation", [ISOLATIONS[0], "reaper"])
def test_a_killed_init_process_ends_the_job_and_says_so(
    in_place: InPlace, isolation: str, marked: Marked, job_inits: Inits
):
    mark = f"1000.{os.getpid()}5"

    async def scenario(place: Any) -> None:
        process = await place.start("bash", "-c", f"(setsid sleep {mark} &); echo up; sleep {mark}")
        assert await process.read() == b"up\n"
        (init,) = job_inits(place.spawner)
        os.kill(init, signal.SIGKILL)
        while await process.read():
            pass
        with pytest.raises(SetupError, match="was killed") as caught:
            await process.wait()
        assert "dmesg" in caught.value.remedy
        with pytest.raises(SetupError, match="was killed"):
            await place.start("true")
        process.kill()
        assert marked(mark) == []

    in_place(scenario, isolation)
