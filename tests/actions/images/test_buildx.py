"""An order becomes the flags of ``docker buildx build``; the command here is one that writes down
what it is given."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions.images import buildx
from agentmesh.actions.images.order import Order, Secret, Shelf
from agentmesh.actions.images.words import platforms
from agentmesh.core.errors import AgentmeshError

ORDER = Order(
    folder="/work",
    context="src",
    file="src/Dockerfile",
    platforms=platforms(["linux/amd64", "linux/arm64"]),
    tags=("a:1", "b:2"),
    labels=(("l", "1"),),
    annotations=("manifest:k=v",),
    build_args=(("A", "1 2"),),
    build_contexts=(("base", "../base"),),
    target="final",
    secrets=(Secret(id="t", value="hidden"), Secret(id="f", file="f.txt")),
    cache_from=({"type": "gha", "scope": "s"},),
    cache_to=({"type": "gha", "mode": "max", "scope": "s"},),
    outputs=({"type": "local", "dest": "out"},),
    attests=("type=sbom",),
    push=True,
    load=True,
    pull=True,
    no_cache=True,
    add_hosts=("h:1.2.3.4",),
    network="host",
    shm_size="1g",
    ulimits=("nofile=1:1",),
    cgroup_parent="c",
    extra=("--allow=x",),
)


def test_every_part_of_an_order_has_its_flag() -> None:
    flags = " ".join(buildx.arguments(ORDER, "/id", "/meta"))
    assert flags == (
        "docker buildx build --platform linux/amd64,linux/arm64 --tag a:1 --tag b:2 --label l=1 "
        "--annotation manifest:k=v --build-arg A=1 2 --build-context base=../base "
        "--cache-from type=gha,scope=s --cache-to type=gha,mode=max,scope=s "
        "--output type=local,dest=out --attest type=sbom --add-host h:1.2.3.4 --ulimit nofile=1:1 "
        "--target final --network host --shm-size 1g --cgroup-parent c --file src/Dockerfile "
        "--iidfile /id --metadata-file /meta --secret id=t,env=AGENTMESH_BUILD_SECRET_0 "
        "--secret id=f,src=f.txt --push --load --pull --no-cache --allow=x src"
    )
    assert "hidden" not in flags


SCRIPT = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --iidfile) printf sha256:11 > "$2" ;;
    --metadata-file) printf '{"containerimage.digest": "sha256:22"}' > "$2" ;;
  esac
  shift
done
echo "token $AGENTMESH_BUILD_SECRET_0"
[ -z "$BROKEN" ] || { echo "ERROR: no luck"; exit 1; }
"""


def test_what_buildx_writes_is_what_came_of_it(
    tmp_path: Path, shelf: Shelf, place: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docker").write_text(SCRIPT)
    (tmp_path / "docker").chmod(0o755)
    place.env = {**place.env, "PATH": f"{tmp_path}:{place.env['PATH']}"}
    order = Order(folder=str(tmp_path), secrets=(Secret(id="t", value="hidden"),))
    built = asyncio.run(buildx.build(order, shelf, place))
    assert (built.image_id, built.digest) == ("sha256:11", "sha256:22")
    assert json.dumps(built.metadata) == '{"containerimage.digest": "sha256:22"}'
    assert "token hidden" in capfd.readouterr().out
    place.env = {**place.env, "BROKEN": "1"}
    with pytest.raises(AgentmeshError, match="buildx failed with: no luck"):
        asyncio.run(buildx.build(order, shelf, place))
