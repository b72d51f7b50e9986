"""Builds by the real buildah, pushed to a real registry."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions.images import buildah
from agentmesh.actions.images import shelf as shelves
from agentmesh.actions.images.order import Built, Order, Secret, Shelf
from agentmesh.actions.images.storage import checked, command
from agentmesh.actions.images.words import platform, platforms
from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from fakes.images import Registry, write_program

pytestmark = pytest.mark.usefixtures("builder")

DOCKERFILE = """\
FROM scratch AS base
ARG TARGETARCH
COPY hello-$TARGETARCH /hello
RUN ["/hello"]
FROM base
ARG NAME=nobody
LABEL name=$NAME
COPY src.txt /
CMD ["/hello"]
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A folder with a Dockerfile whose program prints for which processor it is."""
    folder = tmp_path / "context"
    folder.mkdir()
    for arch in ("amd64", "arm64"):
        write_program(folder / f"hello-{arch}", arch, f"this is {arch}\n")
    (folder / "src.txt").write_text("1\n")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def build(on: Shelf, place: Any, folder: Path, **fields: Any) -> Built:
    order = Order(folder=str(folder), **fields)
    return asyncio.run(buildah.build(order, on, place))


def test_an_image_is_built_named_and_pushed(
    shelf: Shelf, place: Any, context: Path, pushed: Registry
) -> None:
    names = (f"{pushed.host}/app:1", f"{pushed.host}/app:2")
    built = build(shelf, place, context, tags=names, push=True, build_args=(("NAME", "ada"),))
    for tag in ("1", "2"):
        manifest, digest = pushed.manifest("app", tag)
        assert digest == built.digest
        assert json.loads(manifest)["config"]["digest"] == built.image_id
    config = json.loads(pushed.blob("app", built.image_id))
    assert config["config"]["Labels"]["name"] == "ada"
    assert built.metadata == {
        "containerimage.config.digest": built.image_id,
        "containerimage.digest": built.digest,
        "image.name": ",".join(names),
    }


def test_platforms_are_joined_into_one_list(
    shelf: Shelf, place: Any, context: Path, pushed: Registry, emulation: None
) -> None:
    name = f"{pushed.host}/app:multi"
    both = platforms(["linux/amd64", "linux/arm64"])
    built = build(shelf, place, context, tags=(name,), push=True, platforms=both)
    manifest, digest = pushed.manifest("app", "multi")
    assert digest == built.digest == built.image_id
    assert digest == "sha256:" + hashlib.sha256(manifest).hexdigest()
    members = json.loads(manifest)["manifests"]
    assert [each["platform"]["architecture"] for each in members] == ["amd64", "arm64"]
    for member in members:
        each, _ = pushed.manifest("app", member["digest"])
        config = json.loads(pushed.blob("app", json.loads(each)["config"]["digest"]))
        assert config["architecture"] == member["platform"]["architecture"]
    for arch in ("amd64", "arm64"):
        assert f"::group::linux/{arch}" in place.log


def test_a_second_build_does_only_what_has_changed(
    shelf: Shelf, place: Any, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = build(shelf, place, context)
    assert "Using cache" not in capfd.readouterr().out
    assert build(shelf, place, context).image_id == first.image_id
    steps = capfd.readouterr().out.count("Using cache")
    (context / "src.txt").write_text("2\n")
    assert build(shelf, place, context).image_id != first.image_id
    assert 3 < capfd.readouterr().out.count("Using cache") < steps
    build(shelf, place, context, no_cache=True)
    assert "Using cache" not in capfd.readouterr().out


def test_scopes_and_tiers_do_not_share_layers(
    shelf: Shelf, place: Any, context: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    build(shelf, place, context)
    capfd.readouterr()
    build(shelf, place, context, cache_to=({"type": "gha", "scope": "other"},))
    assert "Using cache" not in capfd.readouterr().out


def test_a_named_image_of_another_scope_is_found_where_docker_looks(
    shelf: Shelf, place: Any, context: Path
) -> None:
    built = build(
        shelf, place, context, tags=("localhost/app:1",), cache_to=({"type": "gha", "scope": "s"},)
    )
    root = shelves.storage(shelf, "default", shelf.machine)
    argv = (*command(root, shelf.temp), "inspect", "--type", "image", "localhost/app:1")
    said = asyncio.run(checked(place, argv))
    assert built.image_id.removeprefix("sha256:") in said


def test_files_and_archives_are_written_out(
    shelf: Shelf, place: Any, context: Path, tmp_path: Path
) -> None:
    outputs = (
        {"type": "local", "dest": "out"},
        {"type": "tar", "dest": str(tmp_path / "out.tar")},
        {"type": "oci", "dest": "image.oci.tar"},
        {"type": "oci", "dest": "layout", "tar": "false"},
        {"type": "docker", "dest": "image.tar"},
    )
    for output in outputs:
        build(shelf, place, context, tags=("me/app:1",), outputs=(output,))
    assert (context / "out/src.txt").read_text() == "1\n"
    assert (tmp_path / "out.tar").stat().st_size > 1000
    assert (context / "image.oci.tar").stat().st_size > 500
    assert (context / "layout/index.json").exists()
    assert b"me/app:1" in (context / "image.tar").read_bytes()


def test_files_of_several_platforms_have_folders_of_their_own(
    shelf: Shelf, place: Any, context: Path, emulation: None
) -> None:
    both = platforms(["linux/amd64", "linux/arm64"])
    build(shelf, place, context, platforms=both, outputs=({"type": "local", "dest": "out"},))
    for arch in ("amd64", "arm64"):
        assert (context / f"out/linux_{arch}/hello").read_bytes() == (
            context / f"hello-{arch}"
        ).read_bytes()
    build(shelf, place, context, platforms=both, outputs=({"type": "oci", "dest": "l.tar"},))
    assert (context / "l.tar").stat().st_size > 1000


def test_a_secret_reaches_its_step_and_no_log(
    shelf: Shelf, place: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    write_program(folder / "hello", "amd64", "ran\n")
    (folder / "Dockerfile").write_text(
        'FROM scratch\nCOPY hello /hello\nRUN --mount=type=secret,id=t,required=true ["/hello"]\n'
    )
    with pytest.raises(AgentmeshError):
        build(shelf, place, folder)
    build(shelf, place, folder, secrets=(Secret(id="t", value="hunter2hunter2"),))
    (folder / "t.txt").write_text("hunter3")
    build(shelf, place, folder, secrets=(Secret(id="t", file="t.txt"),), no_cache=True)
    place.env = {**place.env, "HELD": "x"}
    build(shelf, place, folder, secrets=(Secret(id="t", variable="HELD"),), no_cache=True)
    with pytest.raises(AgentmeshError, match="MISSING, which is not set"):
        build(shelf, place, folder, secrets=(Secret(id="t", variable="MISSING"),))
    out, err = capfd.readouterr()
    assert "STEP 3/3" in out
    assert "hunter" not in out + err + place.log


def test_a_failing_step_is_the_error(shelf: Shelf, place: Any, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM scratch\nRUN ["/nothing"]\n')
    with pytest.raises(AgentmeshError, match=r"buildx failed with: .*nothing"):
        build(shelf, place, tmp_path)


def test_a_base_image_that_cannot_be_had_names_the_setting(
    shelf: Shelf, place: Any, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM localhost:1/none:1\n")
    with pytest.raises(SetupError, match=r"localhost:1/none:1 is not here") as caught:
        build(shelf, place, tmp_path)
    assert "[images]" in caught.value.remedy


def test_a_registry_that_is_not_there_is_named(shelf: Shelf, place: Any, context: Path) -> None:
    with pytest.raises(AgentmeshError, match="failed to push localhost:1/app:1") as caught:
        build(shelf, place, context, tags=("localhost:1/app:1",), push=True)
    assert "Start the registry" in caught.value.remedy


def test_a_platform_that_does_not_run_here_is_named(
    shelf: Shelf, place: Any, context: Path
) -> None:
    with pytest.raises(Unavailable, match="linux/loong64 do not run"):
        build(shelf, place, context, platforms=(platform("loong64"),))


def test_what_is_not_made_is_said() -> None:
    order = Order(
        folder="/",
        attests=("type=sbom",),
        build_args=(("BUILDKIT_INLINE_CACHE", "1"), ("A", "1")),
        extra=("--allow=x",),
        cache_to=({"type": "registry", "ref": "me/app:c"}, {"type": "gha"}),
    )
    said = "\n".join(buildah.notes(order))
    for part in ("type=sbom", "BUILDKIT_INLINE_CACHE", "--allow=x", "none are written to me/app:c"):
        assert part in said
    assert buildah.notes(Order(folder="/", cache_to=({"type": "gha"},))) == ()


def test_every_part_of_an_order_has_its_flag() -> None:
    order = Order(
        folder="/w",
        file="D",
        target="t",
        pull=True,
        labels=(("l", "1"),),
        annotations=("manifest:k=v", "n=w"),
        add_hosts=("h:host-gateway",),
        ulimits=("nofile=1:1",),
        network="none",
        shm_size="1g",
    )
    assert buildah.arguments(order, platform("amd64"), "/id") == (
        *("build", "--isolation", "chroot", "--layers", "--platform", "linux/amd64"),
        *("--format", "oci", "--iidfile", "/id", "--pull-always", "--target", "t", "--file", "D"),
        *("--label", "l=1", "--annotation", "k=v", "--annotation", "n=w"),
        *("--add-host", "h:127.0.0.1", "--ulimit", "nofile=1:1"),
        *("--network", "none", "--shm-size", "1g", "."),
    )


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ("Error: unauthorized: authentication required", "docker/login-action"),
        ("Error: dial tcp: lookup x: no such host", "network"),
        ("Error: 500", "what the registry says"),
    ],
)
def test_a_push_that_fails_has_its_remedy(output: str, remedy: str) -> None:
    assert remedy in buildah.push_failure("x", output).remedy


def test_what_a_killed_build_has_left_is_cleaned_by_the_next_one(
    shelf: Shelf, place: Any, context: Path
) -> None:
    root = shelves.storage(shelf, "default", shelf.machine)
    asyncio.run(checked(place, (*command(root, shelf.temp), "from", "scratch")))
    left = Path(root, "overlay-containers/containers.json")
    assert "id" in left.read_text()
    build(shelf, place, context)
    assert "id" not in left.read_text()
