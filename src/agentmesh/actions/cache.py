"""``actions/cache``: restore now, save after the job. Called by the engine's built-in handler.

``cache-hit`` is ``true`` for the key itself, ``false`` where a restore key matched, and empty where
nothing did, as the published action's README says under "Outputs".
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.action import ActionInput, Meta, StepContext
from agentmesh.ports.cache import Restored

META = Meta(
    names=("actions/cache",),
    summary="Keep files between runs",
    inputs=(
        ActionInput("path", required=True, description="Files, folders and patterns, one a line."),
        ActionInput("key", required=True, description="Key to restore and to save."),
        ActionInput("restore-keys", description="Prefixes tried in order where the key missed."),
        ActionInput("upload-chunk-size", description="Accepted; nothing is uploaded."),
        ActionInput("enableCrossOsArchive", "false", description="Accepted; there is one system."),
        ActionInput("fail-on-cache-miss", "false", description="Fail where nothing matched."),
        ActionInput("lookup-only", "false", description="Say whether it is there, no more."),
        ActionInput("save-always", "false", description="Save even when the job has failed."),
    ),
    outputs=("cache-hit", "cache-primary-key", "cache-matched-key"),
    has_post=True,
    differs="Caches live in the store of this machine.",
)


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Restore; outputs say what matched."""
    return await restored(inputs, ctx)


async def restored(inputs: Mapping[str, str], ctx: StepContext) -> dict[str, str]:
    """What ``actions/cache`` and ``actions/cache/restore`` have in common."""
    key = read.required(inputs, "key")
    read.required(inputs, "path")
    found: Restored = await caching.restore(
        ctx,
        (key, *read.lines(inputs, "restore-keys")),
        read.lines(inputs, "path"),
        lookup_only=read.flag(inputs, "lookup-only"),
    )
    outputs = {"cache-primary-key": key, "cache-hit": "", "cache-matched-key": ""}
    if found.hit != "none":
        outputs["cache-hit"] = "true" if caching.same_key(found.key, key) else "false"
        outputs["cache-matched-key"] = found.key
    elif read.flag(inputs, "fail-on-cache-miss"):
        raise AgentmeshError(
            "Failed to restore cache entry. Exiting as fail-on-cache-miss is set. "
            f"Input key: {key}",
            remedy="Let a job save this key first, or leave `fail-on-cache-miss` out.",
        )
    return outputs


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Save where the job succeeded and the key was not there."""
    if ctx.job_status == "success" or read.flag(inputs, "save-always"):
        await caching.save(ctx)
