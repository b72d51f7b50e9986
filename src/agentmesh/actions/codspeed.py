"""``CodSpeedHQ/action``: run the benchmarks; nothing is measured by the service or uploaded."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("codspeedhq/action",),
    summary="Run a benchmark command without uploading its results",
    inputs=(
        ActionInput("run", required=True, description="Command to run."),
        ActionInput("token", description="Accepted; nothing is uploaded."),
        ActionInput("mode", description="Accepted; no instrument is used."),
        ActionInput("working-directory", description="Folder to run in."),
        ActionInput("upload-url", description="Accepted."),
        ActionInput("runner-version", description="Accepted."),
        ActionInput("instruments", description="Accepted."),
        ActionInput("allow-empty", "false", description="Accepted."),
    ),
    differs="The command runs as it is.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Run the command; its failure is the step's."""
    command = read.required(inputs, "run")
    ctx.annotate("notice", "No benchmark results were uploaded to CodSpeed: this run is local.")
    done = await ctx.run(("bash", "-e", "-c", command), cwd=read.text(inputs, "working-directory"))
    if done.code != 0:
        raise AgentmeshError(
            f"The benchmarks failed with exit code {done.code}", remedy="See the output above."
        )
    return {}
