"""``actions/upload-artifact``: hand files on to later jobs, and keep them after the run.

Called by the engine's built-in handler. Paths in the artifact follow the published action: below
the least common folder of the search paths, or the bare name of a single file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.caching import megabytes
from agentmesh.actions.files import common_folder, search
from agentmesh.core.errors import AgentmeshError
from agentmesh.plan.model import JobSpec
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post
from agentmesh.ports.artifacts import Artifact

META = Meta(
    names=("actions/upload-artifact",),
    summary="Keep files of a job as an artifact",
    inputs=(
        ActionInput("name", "artifact", description="Name of the artifact."),
        ActionInput("path", required=True, description="Files, folders and patterns, one a line."),
        ActionInput("if-no-files-found", "warn", description="`warn`, `error` or `ignore`."),
        ActionInput("retention-days", description="Days to keep it; 0 for the default."),
        ActionInput("compression-level", "6", description="Accepted; the store compresses."),
        ActionInput("overwrite", "false", description="Replace an artifact of the same name."),
        ActionInput(
            "include-hidden-files", "false", description="Names that start with a dot too."
        ),
        ActionInput("archive", "true", description="`false`: one file, named after itself."),
    ),
    outputs=("artifact-id", "artifact-url", "artifact-digest"),
    differs="Artifacts live in the store of this machine; `artifact-url` is where GitHub would be.",
)
post = no_post

MISSING = ("warn", "error", "ignore")


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find the files and upload them; no files are what ``if-no-files-found`` says."""
    read.required(inputs, "path")
    missing = read.one_of(inputs, "if-no-files-found", MISSING, "warn")
    hidden = read.flag(inputs, "include-hidden-files")
    patterns = read.lines(inputs, "path")
    files = await ctx.in_thread(collect, patterns, ctx.dirs.workspace, _home(ctx), hidden)
    if not files:
        none_found(ctx, missing, ", ".join(patterns), hidden=hidden)
        return {}
    name = read.text(inputs, "name") or "artifact"
    if not read.flag(inputs, "archive", default=True):
        name = _single(files)
    artifact = await ctx.services.artifacts.upload(
        ctx.spec.run,
        name,
        files,
        overwrite=read.flag(inputs, "overwrite"),
        retention_days=read.whole(inputs, "retention-days", default=0) or None,
    )
    return uploaded(artifact, ctx)


def _home(ctx: StepContext) -> str:
    return ctx.env.get("HOME", ctx.dirs.home)


def _single(files: tuple[tuple[str, str], ...]) -> str:
    """The name of an artifact that is one file as it is."""
    if len(files) != 1:
        raise AgentmeshError(
            "When 'archive' is set to false, only a single file can be uploaded. "
            f"Found {len(files)} files to upload.",
            remedy="Name one file in `path`, or leave `archive` out.",
        )
    return files[0][0]


def collect(
    patterns: tuple[str, ...], workspace: str, home: str, hidden: bool
) -> tuple[tuple[str, str], ...]:
    """Files as (path in the artifact, path on this machine). Blocks."""
    found = search(patterns, workspace, home, hidden=hidden)
    if not found.files:
        return ()
    root = common_folder(found.starts)
    if len(found.starts) == 1 and found.files == found.starts:
        root = os.path.dirname(root)
    return tuple((os.path.relpath(path, root), path) for path in found.files)


def none_found(ctx: StepContext, missing: str, where: str, *, hidden: bool = True) -> None:
    """Say that there are no files, in the published action's words. Raises for ``error``."""
    message = f"No files were found with the provided path: {where}. No artifacts will be uploaded."
    if missing == "error":
        raise AgentmeshError(message, remedy="Look where the earlier steps write their files.")
    if not hidden:
        ctx.say("Names that start with a dot are left out: see `include-hidden-files`.")
    if missing == "warn":
        ctx.annotate("warning", message)
    else:
        ctx.say(message)


def uploaded(artifact: Artifact, ctx: StepContext) -> dict[str, str]:
    """Say what was kept; the outputs."""
    size = megabytes(artifact.size)
    ctx.say(f"Artifact {artifact.name} has {artifact.files} files ({size}), {artifact.digest}")
    return {
        "artifact-id": str(artifact.id),
        "artifact-url": url(ctx.spec, artifact.id),
        "artifact-digest": artifact.digest.removeprefix("sha256:"),
    }


def url(spec: JobSpec, number: int) -> str:
    """Where GitHub would show an artifact."""
    server = spec.github.get("server_url") or "https://github.com"
    repository = spec.github.get("repository") or spec.source.repository
    return f"{server}/{repository}/actions/runs/{spec.github.get('run_id')}/artifacts/{number}"
