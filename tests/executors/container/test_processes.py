"""Processes of steps in a real container: what they write, how they end, what they took."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.core.errors import SetupError

InContainer = Callable[..., Any]


def test_output_is_one_stream_in_the_order_of_writing(in_container: InContainer):
    script = "for n in 1 2 3 4 5; do echo out$n; echo err$n >&2; done; exit 7"
    ran = in_container(lambda place: place.sh(script))
    assert ran.output.split() == [f"{kind}{n}" for n in range(1, 6) for kind in ("out", "err")]
    assert ran.code == 7


def test_much_output_comes_whole(in_container: InContainer):
    ran = in_container(lambda place: place.sh("seq 200000"))
    assert ran.output == "".join(f"{n}\n" for n in range(1, 200001))


def test_the_environment_is_the_images_the_containers_and_the_steps(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        return await place.run("env", env={"STEP": "a b\nc"})

    ran = in_container(scenario, env={"GIVEN": "1"}, options="-e OPTION=2")
    lines = ran.output.splitlines()
    assert {"GIVEN=1", "OPTION=2", "STEP=a b", "c", "PATH=/usr/local/bin:/bin"} <= set(lines)


@pytest.mark.parametrize("program", ["bash", "/no/such"])
def test_a_program_that_is_not_in_the_image_is_named(in_container: InContainer, program: str):
    async def scenario(place: Any) -> None:
        with pytest.raises(SetupError) as raised:
            await place.run(program, "-c", "true")
        assert f"'{program}' is not in the container" in raised.value.message
        assert place.session.context()["container"]["id"]

    in_container(scenario)


def test_a_script_that_ends_with_127_is_no_missing_program(in_container: InContainer):
    assert in_container(lambda place: place.sh("exit 127")).code == 127


def test_a_folder_that_is_not_there_is_named(in_container: InContainer):
    async def scenario(place: Any) -> None:
        with pytest.raises(SetupError, match="working directory '/no/such'"):
            await place.sh("true", cwd="/no/such")

    in_container(scenario)


def test_an_interrupt_reaches_the_step(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        process = await place.start(
            "sh", "-c", "trap 'echo caught; exit 3' INT; echo up; while :; do sleep 0.01; done"
        )
        assert await process.read() == b"up\n"
        process.interrupt()
        return await place.finish(process)

    ran = in_container(scenario)
    assert (ran.output, ran.code) == ("caught\n", 3)


def test_a_kill_ends_the_step_and_all_it_started_and_nothing_else(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        other = await place.start("sh", "-c", "echo up; exec sleep 1001")
        await other.read()
        step = await place.start(
            "sh", "-c", "sleep 1002 & (setsid sleep 1003 &) ; sh -c 'sleep 1004; :' & echo up; wait"
        )
        assert await step.read() == b"up\n"
        step.kill()
        code = (await place.finish(step)).code
        shown = (await place.sh("ps -o args")).output
        other.kill()
        await place.finish(other)
        return code, {word for word in shown.split() if word.startswith("100")}

    code, left = in_container(scenario)
    assert code == 137
    assert left <= {"1001", "1003"}  # a daemon beside another step may belong to either
    assert "1001" in left


def test_a_daemon_of_the_only_step_is_killed_with_it(in_container: InContainer):
    async def scenario(place: Any) -> str:
        step = await place.start("sh", "-c", "(setsid sleep 1005 &); echo up; sleep 1006")
        assert await step.read() == b"up\n"
        step.kill()
        await place.finish(step)
        return (await place.sh("ps -o args")).output

    shown = in_container(scenario)
    assert "1005" not in shown
    assert "1006" not in shown


def test_a_background_process_does_not_hold_the_step_up(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        ran = await asyncio.wait_for(place.sh("sleep 1007 & echo done"), 20)
        alive = await place.sh("ps -o args")
        return ran, alive.output

    ran, shown = in_container(scenario)
    assert (ran.output, ran.code) == ("done\n", 0)
    assert "1007" in shown


def test_what_a_step_took_is_known(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        # 64 MiB in memory, and some work on a processor
        return await place.sh("head -c 67108864 /dev/zero | tail -c 67108863 | md5sum")

    used = in_container(scenario).process.usage()
    assert used.cpu_seconds > 0.01
    if os.geteuid() == 0:
        assert 60_000_000 < used.peak_memory < 400_000_000


def test_a_container_that_is_removed_under_a_step_is_told(in_container: InContainer):
    async def scenario(place: Any) -> None:
        process = await place.start("sh", "-c", "echo up; sleep 1008")
        await process.read()
        await place.engine.remove(place.session.context()["container"]["id"])
        with pytest.raises(SetupError, match="is gone"):
            await place.finish(process)

    in_container(scenario)
