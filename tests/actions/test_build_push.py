"""``docker/build-push-action``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import build_push
from agentmesh.actions.images.order import Secret
from agentmesh.core.errors import AgentmeshError, Refused, Unavailable
from fakes.images import Registry, need, own_mounts, registry, write_program


@pytest.fixture
def job(bench: Any, tmp_path: Path) -> Any:
    """A job with buildah, a Dockerfile and a program in its workspace."""
    need("buildah")
    bench.env["PATH"] = own_mounts(tmp_path / "bin")
    lay(bench.workspace)
    return bench


def lay(folder: Path) -> None:
    write_program(folder / "hello", "amd64", "it ran\n")
    (folder / "Dockerfile").write_text('FROM scratch\nCOPY hello /hello\nRUN ["/hello"]\n')


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "registry") as running:
        yield running


def test_it_builds_and_pushes(job: Any, pushed: Registry) -> None:
    name = f"{pushed.host}/app:1"
    done = job.use(build_push, context=".", tags=name, push="true", labels="a=1\nb=2")
    assert 'RUN ["/hello"]' in done.ctx.log
    manifest, digest = pushed.manifest("app", "1")
    assert done.outputs["digest"] == digest
    assert done.outputs["imageid"] == json.loads(manifest)["config"]["digest"]
    assert json.loads(done.outputs["metadata"])["image.name"] == name
    config = json.loads(pushed.blob("app", done.outputs["imageid"]))
    assert config["config"]["Labels"] | {"io.buildah.version": ""} == {
        "a": "1",
        "b": "2",
        "io.buildah.version": "",
    }
    job.sh(f"docker tag {name} {pushed.host}/app:2 && docker push {pushed.host}/app:2")
    assert pushed.manifest("app", "2")[0]


def test_the_default_context_is_the_repository(job: Any, repo: Path) -> None:
    lay(repo)
    (job.workspace / "Dockerfile").write_text("FROM scratch\nRUN nothing\n")
    assert 'RUN ["/hello"]' in job.use(build_push).ctx.log
    below = repo / "sub"
    below.mkdir()
    lay(below)
    (below / "Dockerfile").rename(below / "D")
    done = job.use(build_push, context="{{defaultContext}}:sub", file="D", no_cache="true")
    assert 'RUN ["/hello"]' in done.ctx.log


def test_every_input_finds_its_place() -> None:
    given = {
        "add-hosts": "a:1,b:2",
        "allow": "network.host",
        "annotations": "manifest:k=v",
        "attests": "type=x",
        "build-args": "A=1,2\nB=",
        "build-contexts": "base=../base",
        "cache-from": "type=gha\nme/app:c",
        "cache-to": "type=gha,mode=max",
        "cgroup-parent": "c",
        "context": "src",
        "file": "D",
        "labels": "l=1",
        "load": "true",
        "network": "host",
        "no-cache": "true",
        "no-cache-filters": "one,two",
        "outputs": "type=local,dest=out",
        "platforms": "linux/amd64,linux/arm64",
        "provenance": "mode=max",
        "pull": "true",
        "push": "true",
        "sbom": "true",
        "secrets": 'a=1\n"b=line ""1""\nline 2"',
        "secret-envs": "c=HELD",
        "secret-files": "d=./d.txt",
        "shm-size": "1g",
        "tags": "x:1,x:2\ny:1",
        "target": "t",
        "ulimit": "nofile=1:1",
    }
    order = build_push.ordered(given, "/work")
    assert (order.folder, order.context, order.file, order.target) == ("/work", "src", "D", "t")
    assert order.tags == ("x:1", "x:2", "y:1")
    assert [str(each) for each in order.platforms] == ["linux/amd64", "linux/arm64"]
    assert order.build_args == (("A", "1,2"), ("B", ""))
    assert order.build_contexts == (("base", "../base"),)
    assert order.cache_from == ({"type": "gha"}, {"type": "registry", "ref": "me/app:c"})
    assert order.cache_to == ({"type": "gha", "mode": "max"},)
    assert order.outputs == ({"type": "local", "dest": "out"},)
    assert order.secrets == (
        Secret(id="a", value="1"),
        Secret(id="b", value='line "1"\nline 2'),
        Secret(id="c", variable="HELD"),
        Secret(id="d", file="./d.txt"),
    )
    assert order.attests == ("type=x", "type=provenance,mode=max", "type=sbom")
    assert order.add_hosts == ("a:1", "b:2")
    assert order.extra == (
        "--no-cache-filter=one",
        "--no-cache-filter=two",
        "--allow=network.host",
    )
    assert (order.push, order.load, order.pull, order.no_cache) == (True,) * 4
    assert (order.network, order.shm_size, order.ulimits) == ("host", "1g", ("nofile=1:1",))
    assert (order.labels, order.annotations) == ((("l", "1"),), ("manifest:k=v",))
    assert order.cgroup_parent == "c"


@pytest.mark.parametrize(
    ("given", "error", "why"),
    [
        ({"ssh": "default"}, Refused, "keys of this machine's agent"),
        ({"push": "yes"}, AgentmeshError, "YAML 1.2"),
        ({"push": "true"}, AgentmeshError, "tag is needed"),
        ({"outputs": "type=zip"}, AgentmeshError, "'zip' is not known"),
        ({"platforms": "z80"}, AgentmeshError, "no platform"),
        ({"build_args": "A"}, AgentmeshError, "no build argument"),
        ({"tags": "A:1"}, AgentmeshError, "must be lowercase"),
    ],
)
def test_what_cannot_be_done_is_refused(
    job: Any, given: dict[str, str], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        job.use(build_push, **{"context": "."} | given)


def test_without_a_builder_the_step_says_what_to_install(bench: Any, tmp_path: Path) -> None:
    bench.env["PATH"] = str(tmp_path)
    with pytest.raises(Unavailable, match="nor buildah"):
        bench.use(build_push, context=".")


def test_buildx_is_told_where_the_cache_service_is(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "docker").write_text(
        f'#!/bin/sh\n[ "$2" != build ] || echo "$ACTIONS_RUNTIME_TOKEN $@" > {tmp_path}/log\n'
    )
    (folder / "docker").chmod(0o755)
    bench.env["PATH"] = f"{folder}:/usr/bin:/bin"
    done = bench.use(build_push, context=".", cache_from="type=gha", tags="a:1")
    said = (tmp_path / "log").read_text()
    assert said.startswith("a-token-of-this-test buildx build --tag a:1 --cache-from type=gha")
    assert "a-token-of-this-test" not in done.ctx.log
