"""Where a build's result goes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentmesh.actions.images import outputs
from agentmesh.actions.images.order import Order, Shelf
from agentmesh.actions.images.storage import Image, List
from agentmesh.actions.images.words import platform, platforms
from agentmesh.core.errors import AgentmeshError

TWO = platforms(["amd64", "arm64"])


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"tags": ("a", "b"), "push": True}, ("a", "b")),
        ({"tags": ("a",)}, ()),
        ({"tags": ("a",), "outputs": ({"type": "registry"},)}, ("a",)),
        ({"tags": ("a",), "outputs": ({"type": "image", "push": "true"},)}, ("a",)),
        ({"outputs": ({"type": "image", "name": "x,y", "push": "true"},)}, ("x", "y")),
        ({"outputs": ({"type": "image", "name": "x"},), "push": True}, ("x",)),
        ({"outputs": ({"type": "image", "name": "x"},)}, ()),
    ],
)
def test_names_to_push_come_from_tags_and_outputs(
    fields: dict[str, Any], names: tuple[str, ...]
) -> None:
    order = Order(folder="/", **fields)
    outputs.check(order)
    assert outputs.pushed(order) == names


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"push": True}, "tag is needed when pushing"),
        ({"outputs": ({"type": "registry"},)}, "tag is needed when pushing"),
        ({"outputs": ({"type": "zip"},)}, "'zip' is not known"),
        ({"outputs": ({"dest": "x"},)}, "'missing' is not known"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_built(
    fields: dict[str, Any], why: str
) -> None:
    with pytest.raises(AgentmeshError, match=why):
        outputs.check(Order(folder="/", **fields))


def test_files_of_several_platforms_are_kept_apart() -> None:
    one, two = Order(folder="/w"), Order(folder="/w", platforms=TWO)
    local = {"type": "local", "dest": "out"}
    assert outputs.flag(local, one, TWO[0]) == "type=local,dest=/w/out"
    assert outputs.flag(local, two, TWO[1]) == "type=local,dest=/w/out/linux_arm64"
    together = {**local, "platform-split": "false"}
    assert outputs.flag(together, two, TWO[1]) == "type=local,dest=/w/out"
    with pytest.raises(AgentmeshError, match="holds one platform"):
        outputs.flag({"type": "tar", "dest": "x"}, two, TWO[0])


@pytest.mark.parametrize("output", [{"type": "oci"}, {"type": "oci", "dest": "-"}])
def test_a_file_has_to_have_a_place(output: dict[str, str]) -> None:
    with pytest.raises(AgentmeshError, match="needs a file or a folder"):
        outputs.destination(output, Order(folder="/"))


def test_a_list_is_no_docker_archive(shelf: Shelf, place: Any) -> None:
    order = Order(folder="/", outputs=({"type": "docker", "dest": "x.tar"},))
    own = Image(platform=platform("amd64"), storage="/s", id="sha256:1")
    with pytest.raises(AgentmeshError, match="manifest lists"):
        asyncio.run(outputs.write(order, own, List(("buildah",), "l"), shelf, place))


def test_without_a_daemon_it_is_said_where_the_image_is(shelf: Shelf, place: Any) -> None:
    own = Image(platform=platform("amd64"), storage="/s", id="sha256:1")
    place.env = {**place.env, "PATH": shelf.home}
    for order in (
        Order(folder="/", tags=("app:1",), load=True),
        Order(folder="/", tags=("app:1",), outputs=({"type": "docker"},)),
    ):
        place.said.clear()
        asyncio.run(outputs.load(order, own, shelf, place))
        assert "app:1 is in agentmesh's own storage" in place.log
    place.said.clear()
    asyncio.run(outputs.load(Order(folder="/", tags=("app:1",)), own, shelf, place))
    assert place.log == ""


def test_a_daemon_gets_the_image_under_all_its_names(
    shelf: Shelf, place: Any, tmp_path: Any
) -> None:
    for name in ("docker", "buildah"):
        script = f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/log\n'
        script += 'for each; do case $each in docker-archive:*) : > "${each#docker-archive:}";; esac; done\n'
        script = script.replace('"${each#docker-archive:}"', '"$(echo $each | cut -d: -f2)"')
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    place.env = {**place.env, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    own = Image(platform=platform("amd64"), storage="/s", id="sha256:1")
    order = Order(folder="/", tags=("app:1", "app:2"), load=True)
    asyncio.run(outputs.load(order, own, shelf, place))
    log = (tmp_path / "log").read_text()
    assert "docker load --quiet --input" in log
    assert "docker tag app:1 app:2" in log
