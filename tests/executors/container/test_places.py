"""Places with real containers in them: what is made, what is seen inside, what is left."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.core.errors import Refused, SetupError, WorkflowError
from agentmesh.core.problem import Span
from agentmesh.ports.executor import ActionContainer, Command, Container, Surroundings

InContainer = Callable[..., Any]


def test_folders_have_githubs_names_inside(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        for name in ("workspace", "home", "temp", "tools", "actions", "files"):
            folder = getattr(place.dirs, name)
            with open(os.path.join(folder, "seen"), "w") as file:
                file.write(name)
        script = 'for d in "$@"; do cat $d/seen; echo; echo new > $d/made; done'
        insides = [
            place.session.inside(getattr(place.dirs, n))
            for n in ("workspace", "home", "temp", "tools", "actions", "files")
        ]
        ran = await place.run("sh", "-c", script, "sh", *insides)
        made = [
            os.path.exists(os.path.join(getattr(place.dirs, n), "made"))
            for n in ("workspace", "home", "temp", "tools", "actions", "files")
        ]
        return insides, ran.output.split(), made

    insides, seen, made = in_container(scenario)
    assert insides == [
        "/__w/repo/repo",
        "/github/home",
        "/__w/_temp",
        "/__t",
        "/__w/_actions",
        "/__w/_temp/_runner_file_commands",
    ]
    assert seen == ["workspace", "home", "temp", "tools", "actions", "files"]
    assert all(made)


def test_limits_and_the_user_of_the_options_hold(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        about = await place.engine.inspect(place.session.context()["container"]["id"])
        return about["HostConfig"], (
            await place.sh("id -u; echo x > /github/home/mine; df -k /dev/shm | tail -1")
        ).output

    host, output = in_container(
        scenario,
        options="--cpus 1 --memory 256m --user 1234 --shm-size 32m --add-host there:127.0.0.1",
    )
    assert (host["NanoCpus"], host["Memory"]) == (1_000_000_000, 256 << 20)
    uid, shm = output.splitlines()
    assert uid == "1234"
    assert "32768" in shm


def test_bad_options_are_named_with_their_place(in_container: InContainer):
    with pytest.raises(WorkflowError) as raised:
        in_container(
            lambda place: place.sh("true"), options="--network host", where=Span("ci.yml", 5, 7)
        )
    assert str(raised.value).startswith("ci.yml:5:7: ")
    assert "--network is not supported" in raised.value.message


@pytest.mark.parametrize("fields", [{"options": "--privileged"}, {"volumes": ("/etc:/host",)}])
def test_strangers_get_nothing_that_reaches_out(in_container: InContainer, fields: dict[str, Any]):
    with pytest.raises(Refused, match="fork"):
        in_container(lambda place: place.sh("true"), trusted=False, **fields)


def test_volumes_are_mounted_for_the_trusted(in_container: InContainer, tmp_path: Any):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/x").write_text("seen\n")
    ran = in_container(
        lambda place: place.sh("cat /data/x; touch /data/y"), volumes=(f"{tmp_path}/data:/data:ro",)
    )
    assert ran.output.startswith("seen\n")
    assert "Read-only" in ran.output


def test_an_image_without_the_sleeping_program_is_an_error_and_leaves_nothing(
    in_container: InContainer,
):
    with pytest.raises(SetupError, match="could not be started"):
        in_container(lambda place: place.sh("true"), options="--cpuset-cpus 999")


def test_commands_of_agentmesh_itself_run_on_this_machine(in_container: InContainer):
    async def scenario(place: Any) -> Any:
        command = Command(
            argv=("/bin/sh", "-c", "pwd"), env={}, cwd=place.dirs.workspace, outside=True
        )
        return place.dirs, await place.finish(await place.session.spawn(command))

    dirs, ran = in_container(scenario)
    assert ran.output == dirs.workspace + "\n"


def test_what_a_killed_run_has_left_is_swept_and_what_lives_is_not(places, spec, dirs, docker):
    with subprocess.Popen(["true"]) as gone:
        dead = f"{gone.pid}+boot/1+0"

    async def scenario() -> None:
        wanted = Surroundings(container=Container(image=docker.image))
        alive = await places().open(spec, dirs, wanted, lambda text: None)
        of_alive = set(docker.labelled(spec.run))
        await places(mine=dead).open(spec, dirs, wanted, lambda text: None)
        third = await places().open(spec, dirs, wanted, lambda text: None)
        left = set(docker.labelled(spec.run))
        assert len(left) == 4
        assert of_alive < left
        await third.close()
        await alive.close()

    asyncio.run(scenario())
    assert docker.labelled(spec.run) == []


def test_a_place_that_is_cancelled_while_it_is_made_leaves_nothing(places, spec, dirs, docker):
    wanted = Surroundings(
        container=Container(image=docker.image),
        services={
            "slow": Container(
                image=docker.image,
                command="sleep 1009",
                options="--health-cmd false --health-interval 1h --health-start-period 1h",
            )
        },
    )

    async def scenario() -> None:
        said: list[str] = []
        started = asyncio.Event()

        def say(text: str) -> None:
            said.append(text)
            if text.startswith("Container of the job"):
                started.set()

        async with asyncio.TaskGroup() as tasks:
            opening = tasks.create_task(places().open(spec, dirs, wanted, say))
            await started.wait()
            opening.cancel()
        assert opening.cancelled()

    asyncio.run(scenario())
    assert docker.labelled(spec.run) == []


def action(places, spec, dirs, docker, **fields: Any) -> tuple[str, int]:
    """Run an action's container in a job that has none itself."""

    async def scenario() -> tuple[str, int]:
        made = places()
        session = await made.open(spec, dirs, Surroundings(services={}), lambda text: None)
        wanted = ActionContainer(**{"image": docker.image, **fields})
        output = b""
        try:
            async with made.running(spec, dirs, session, wanted, lambda text: None) as process:
                while data := await process.read():
                    output += data
                code = await process.wait()
        finally:
            await session.close()
        return output.decode(), code

    try:
        return asyncio.run(scenario())
    finally:
        assert docker.labelled(spec.run) == []


def test_an_action_runs_with_its_entry_point_its_arguments_and_its_places(
    places, spec, dirs, docker
):
    env = {"GITHUB_WORKSPACE": dirs.workspace, "INPUT_X": dirs.workspace, "HOME": dirs.home}
    script = 'echo "$1|$2"; echo $GITHUB_WORKSPACE $HOME $INPUT_X; pwd; touch made; exit 4'
    output, code = action(
        places,
        spec,
        dirs,
        docker,
        entrypoint="/bin/sh",
        args=("-c", script, "sh", "a b", "c"),
        env=env,
    )
    assert output.splitlines() == [
        "a b|c",
        f"/github/workspace /github/home {dirs.workspace}",
        "/github/workspace",
    ]
    assert code == 4
    assert os.path.exists(dirs.workspace + "/made")


def test_an_entry_point_that_is_not_there_is_told(places, spec, dirs, docker):
    with pytest.raises(SetupError, match="could not be started"):
        action(places, spec, dirs, docker, entrypoint="/no/such")
