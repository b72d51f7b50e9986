"""``docker/setup-buildx-action``: finds what builds images here. Called by the built-in handler.

Where the machine has ``docker buildx`` and a daemon, that is used as it is set up. Else buildah
does the work, and later steps of the job get a ``docker`` command that hands builds to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from agentmesh.actions.images import binfmt, builder, shelf, shim
from agentmesh.actions.images.order import Shelf
from agentmesh.core.errors import Unavailable
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("docker/setup-buildx-action",),
    summary="Find what builds images on this machine",
    inputs=(
        ActionInput("version", description="Accepted; nothing is downloaded."),
        ActionInput("name", description="Accepted; there is one builder."),
        ActionInput("driver", "docker-container", description="Accepted."),
        ActionInput("driver-opts", description="Accepted."),
        ActionInput("buildkitd-flags", description="Accepted; there is no BuildKit daemon."),
        ActionInput("buildkitd-config", description="Accepted."),
        ActionInput("buildkitd-config-inline", description="Accepted."),
        ActionInput("config", description="Accepted."),
        ActionInput("config-inline", description="Accepted."),
        ActionInput("install", "false", description="Accepted; `docker build` is the same."),
        ActionInput("use", "true", description="Accepted."),
        ActionInput("endpoint", description="Accepted."),
        ActionInput("platforms", description="Accepted."),
        ActionInput("append", description="Accepted."),
        ActionInput("keep-state", "false", description="Accepted; layers are always kept."),
        ActionInput("cache-binary", "true", description="Accepted; nothing is downloaded."),
        ActionInput("cleanup", "true", description="Accepted."),
    ),
    outputs=("name", "driver", "platforms", "nodes", "status", "endpoint", "flags"),
    differs="Uses the machine's `docker buildx`; without one, buildah builds and a `docker` "
    "command that calls it is put on PATH.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Choose the builder; outputs describe it."""
    on = await place(ctx)
    kind = await builder.find(ctx)
    if kind == "buildah":
        await shim.offer(ctx, on)
        ctx.say("Images are built by buildah. `docker build` of later steps calls it.")
    arches = await binfmt.emulated(ctx)
    platforms = ",".join(dict.fromkeys((str(on.machine), *(f"linux/{arch}" for arch in arches))))
    node = {"name": f"{kind}0", "endpoint": kind, "status": "running", "platforms": platforms}
    ctx.say(f"Platforms: {platforms}")
    return {
        "name": kind,
        "driver": "docker" if kind == "buildx" else "buildah",
        "platforms": platforms,
        "nodes": json.dumps([node]),
        "status": "running",
        "endpoint": kind,
        "flags": "",
    }


async def place(ctx: StepContext) -> Shelf:
    """Where the job's images lie. Raises Unavailable inside a container."""
    if ctx.spec.platform != HOST:
        raise Unavailable(
            f"{ctx.uses} works on this machine, and the job runs in a container",
            remedy="Build images in a job without `container`.",
        )
    on = shelf.of(ctx)
    await ctx.in_thread(os.makedirs, on.temp, 0o700, True)
    return on
