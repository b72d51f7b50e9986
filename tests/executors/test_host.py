"""Jobs as processes of this machine, by running real ones."""

from __future__ import annotations

import asyncio
import os
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


# -- running --------------------------------------------------------------------------------------


def test_output_and_exit_code_are_told(in_place: InPlace):
    ran = in_place(lambda place: place.sh("echo out; echo err >&2; exit 7"))
    assert (ran.output, ran.code) == ("out\nerr\n", 7)


def test_what_a_process_and_its_children_took_is_known(in_place: InPlace):
    script = "head -c 67108864 /dev/zero | tail -c 67108863 | md5sum > /dev/null"
    ran = in_place(lambda place: place.sh(script))
    used = ran.process.usage()
    assert used.cpu_seconds > 0.01
    assert 60_000_000 < used.peak_memory < 400_000_000


def test_a_signal_is_a_negative_exit_code(in_place: InPlace):
    assert in_place(lambda place: place.sh("kill -TERM $$")).code == -15


@pytest.mark.parametrize(("script", "code"), [("no-such-program", 127), ("/etc/passwd", 126)])
def test_the_shells_own_codes_are_left_alone(in_place: InPlace, script: str, code: int):
    assert in_place(lambda place: place.sh(script)).code == code


def test_the_environment_is_the_one_given_and_no_more(
    in_place: InPlace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("INHERITED", "secret")
    env = {"a.b-c": "é\nx", "EMPTY": ""}
    ran = in_place(lambda place: place.run("env", "-0", env=env))
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    assert set(ran.output.split("\0")) == {f"PATH={path}", "a.b-c=é\nx", "EMPTY=", ""}


def test_it_runs_in_its_directory(in_place: InPlace, tmp_path: Path):
    (tmp_path / "sub dir").mkdir()
    ran = in_place(lambda place: place.run("pwd", cwd=str(tmp_path / "sub dir")))
    assert ran.output == f"{tmp_path}/sub dir\n"


def test_much_output_arrives_whole(in_place: InPlace):
    size = 5_000_000
    ran = in_place(lambda place: place.sh(f"head -c {size} /dev/zero | tr '\\0' x"))
    assert ran.output == "x" * size


def test_who_does_not_read_slows_the_writer_down(in_place: InPlace, tmp_path: Path):
    async def scenario(place: Any) -> None:
        writer = await place.start("bash", "-c", "head -c 3000000 /dev/zero; touch written")
        await place.sh("exit 0")
        assert not (tmp_path / "written").exists()
        ran = await place.finish(writer)
        assert len(ran.output) == 3_000_000
        assert (tmp_path / "written").exists()

    in_place(scenario)


def test_a_process_that_closes_its_output_is_waited_for(in_place: InPlace, tmp_path: Path):
    async def scenario(place: Any) -> None:
        os.mkfifo(tmp_path / "go")
        process = await place.start("bash", "-c", "exec >&- 2>&-; read -r x < go; exit $x")
        assert await process.read() == b""
        (tmp_path / "go").write_text("5\n")
        assert await process.wait() == 5
        assert await process.wait() == 5

    in_place(scenario)


def test_processes_run_side_by_side(in_place: InPlace, tmp_path: Path):
    async def scenario(place: Any) -> None:
        os.mkfifo(tmp_path / "meet")
        one = asyncio.ensure_future(place.sh("echo hello > meet"))
        other = await place.sh("cat meet")
        assert other.output == "hello\n"
        assert (await one).code == 0

    in_place(scenario)


def test_large_arguments_and_environments_get_through(in_place: InPlace):
    value = "x" * 100_000
    ran = in_place(
        lambda place: place.run("bash", "-c", "echo ${#1} ${#A}", "-", value, env={"A": value})
    )
    assert ran.output == "100000 100000\n"


# -- what can't be started ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "cwd", "message"),
    [
        (("no-such-program",), "", "'no-such-program' is not on PATH"),
        (("/no/program",), "", "'/no/program' does not exist"),
        (("/etc/passwd",), "", "'/etc/passwd' may not be run"),
        (("true",), "/no/folder", "'/no/folder' can't be entered"),
        (("true", "x" * 200_000), "", "too large together"),
        (("./text",), "", "is in no format that can be run"),
        (("./lost",), "", "its interpreter '/no/interpreter' does not exist"),
    ],
)
def test_says_why_a_process_could_not_be_started(
    in_place: InPlace, tmp_path: Path, argv: tuple[str, ...], cwd: str, message: str
):
    for name, text in (("text", "echo\n"), ("lost", "#!/no/interpreter\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)

    async def scenario(place: Any) -> None:
        with pytest.raises(SetupError, match=message) as caught:
            await place.start(*argv, cwd=cwd)
        assert caught.value.remedy
        assert (await place.sh("echo on")).output == "on\n"

    in_place(scenario)


def test_a_daemon_that_holds_the_output_does_not_hold_the_step(in_place: InPlace, tmp_path: Path):
    os.mkfifo(tmp_path / "go")
    daemon = "(setsid bash -c 'read -r x < go; seq 20000; echo $x > end' &)"

    async def scenario(place: Any) -> None:
        ran = await place.sh(f"{daemon}; echo step is over")
        assert ran.output == "step is over\n"
        assert ran.process.left_behind
        # It goes on, and what it writes does not end it.
        os.mkfifo(tmp_path / "end")
        again = await place.sh("echo still there > go; cat end")
        assert again.output == "still there\n"
        assert not again.process.left_behind

    in_place(scenario, quiet=0.01)


def test_what_is_still_written_after_the_exit_is_read(in_place: InPlace):
    ran = in_place(
        lambda place: place.sh('exec > >(while read -r x; do echo "<$x>"; done); echo a')
    )
    assert ran.output == "<a>\n"


def test_a_closed_job_starts_nothing_and_may_be_closed_again(in_place: InPlace):
    async def scenario(place: Any) -> None:
        process = await place.start("sleep", "1000")
        await place.session.close()
        await place.session.close()
        assert await process.wait() == -9
        with pytest.raises(SetupError, match="the job is over"):
            await place.start("true")

    in_place(scenario)


def test_a_cancelled_start_leaves_nothing(in_place: InPlace, marked: Marked):
    mark = f"1000.{os.getpid()}6"

    async def scenario(place: Any) -> None:
        task = asyncio.ensure_future(place.start("sleep", mark))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await place.sh("echo on")).output == "on\n"
        assert marked(mark) == []

    in_place(scenario)


def test_many_processes_leave_no_descriptors(in_place: InPlace, job_inits: Inits):
    async def scenario(place: Any) -> None:
        await place.sh("true")
        (init,) = job_inits(place.spawner)

        def opened() -> tuple[int, int]:
            return len(os.listdir("/proc/self/fd")), len(os.listdir(f"/proc/{init}/fd"))

        before = opened()
        for _ in range(100):
            await place.sh("echo x")
            with pytest.raises(SetupError):
                await place.start("true", cwd="/no")
        # init refuses a start before it closes what came with it; an end it tells afterwards
        await place.sh("true")
        assert opened() == before

    in_place(scenario)


def test_paths_are_the_same_inside(in_place: InPlace):
    async def scenario(place: Any) -> None:
        assert place.session.inside("/a/b") == "/a/b"

    in_place(scenario)


def test_a_shell_needs_a_terminal(in_place: InPlace):
    async def scenario(place: Any) -> None:
        with pytest.raises(SetupError, match="there is no terminal"):
            await place.start("bash", terminal=True)

    in_place(scenario)
