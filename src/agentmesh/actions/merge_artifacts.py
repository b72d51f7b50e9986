"""``actions/upload-artifact/merge``: make one artifact of several."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.download_artifact import chosen
from agentmesh.actions.files import inside
from agentmesh.actions.upload_artifact import MISSING, none_found, uploaded
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post
from agentmesh.ports.artifacts import Artifact

META = Meta(
    names=("actions/upload-artifact/merge",),
    summary="Merge artifacts of this run into one",
    inputs=(
        ActionInput("name", "merged-artifacts", required=True, description="Name of the new one."),
        ActionInput("pattern", "*", description="Pattern of the names to merge."),
        ActionInput("if-no-files-found", "error", description="`warn`, `error` or `ignore`."),
        ActionInput("separate-directories", "false", description="A folder for each artifact."),
        ActionInput("retention-days", description="Days to keep it; 0 for the default."),
        ActionInput("compression-level", "6", description="Accepted; the store compresses."),
        ActionInput("delete-merged", "false", description="Delete the artifacts merged."),
        ActionInput(
            "include-hidden-files", "false", description="Names that start with a dot too."
        ),
    ),
    outputs=("artifact-id", "artifact-url", "artifact-digest"),
    differs="Artifacts live in the store of this machine.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Download what matches, and upload it again as one."""
    name, pattern = read.required(inputs, "name"), read.text(inputs, "pattern") or "*"
    missing = read.one_of(inputs, "if-no-files-found", MISSING, "error")
    every = await ctx.services.artifacts.list(ctx.spec.run)
    wanted = [a for a in chosen(every, pattern) if a.name != name]
    with tempfile.TemporaryDirectory(dir=ctx.dirs.temp) as folder:
        separate = read.flag(inputs, "separate-directories")
        files = await _gather(wanted, folder, ctx, separate=separate)
        if not read.flag(inputs, "include-hidden-files"):
            files = tuple(f for f in files if not f"/{f[0]}".count("/."))
        if not files:
            none_found(ctx, missing, pattern)
            return {}
        artifact = await ctx.services.artifacts.upload(
            ctx.spec.run,
            name,
            files,
            retention_days=read.whole(inputs, "retention-days", default=0) or None,
        )
    if read.flag(inputs, "delete-merged"):
        for old in wanted:
            await ctx.services.artifacts.delete(old)
            ctx.say(f"Deleted artifact {old.name}")
    return uploaded(artifact, ctx)


async def _gather(
    wanted: list[Artifact], folder: str, ctx: StepContext, *, separate: bool
) -> tuple[tuple[str, str], ...]:
    for artifact in wanted:
        place = os.path.join(folder, artifact.name) if separate else folder
        if inside(place, folder):
            await ctx.services.artifacts.download(artifact, place)
    return await ctx.in_thread(_below, folder)


def _below(folder: str) -> tuple[tuple[str, str], ...]:
    paths = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return tuple((os.path.relpath(path, folder), path) for path in sorted(paths))
