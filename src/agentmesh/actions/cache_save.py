"""``actions/cache/save``: the second half of ``actions/cache``, as a step of its own."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("actions/cache/save",),
    summary="Keep files for later runs",
    inputs=(
        ActionInput("path", required=True, description="Files, folders and patterns, one a line."),
        ActionInput("key", required=True, description="Key to save under."),
        ActionInput("upload-chunk-size", description="Accepted; nothing is uploaded."),
        ActionInput("enableCrossOsArchive", "false", description="Accepted; there is one system."),
    ),
    differs="Caches live in the store of this machine.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Save; a key that is there already is no failure."""
    key = read.required(inputs, "key")
    read.required(inputs, "path")
    await caching.keep(ctx, key, read.lines(inputs, "path"))
    return {}
