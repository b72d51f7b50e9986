"""``actions/upload-pages-artifact``: the folder of a site, as the artifact ``github-pages``."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions import upload_artifact
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("actions/upload-pages-artifact",),
    summary="Keep a built site as an artifact",
    inputs=(
        ActionInput("name", "github-pages", description="Name of the artifact."),
        ActionInput("path", "_site/", description="Folder with the site."),
        ActionInput("retention-days", "1", description="Days to keep it."),
        ActionInput(
            "include-hidden-files", "false", description="Names that start with a dot too."
        ),
    ),
    outputs=("artifact_id",),
    differs="The artifact holds the site's files, not a tar archive of them.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Upload the folder; it must hold something."""
    given = {
        "name": read.text(inputs, "name"),
        "path": read.text(inputs, "path").rstrip("/") + "/",
        "retention-days": read.text(inputs, "retention-days"),
        "include-hidden-files": read.text(inputs, "include-hidden-files"),
        "if-no-files-found": "error",
        "overwrite": "true",
    }
    outputs = await upload_artifact.run(given, ctx)
    return {"artifact_id": outputs["artifact-id"]}
