"""``actions/download-artifact``: files that earlier jobs of this run, or another run, have kept.

Called by the engine's built-in handler. One artifact by name goes straight into ``path``; several
go into a folder each, or with ``merge-multiple`` into one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.caching import megabytes
from agentmesh.actions.files import inside, segment
from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post
from agentmesh.ports.artifacts import Artifact

META = Meta(
    names=("actions/download-artifact",),
    summary="Bring artifacts of a run into the workspace",
    inputs=(
        ActionInput("name", description="Name of one artifact; all of them by default."),
        ActionInput("artifact-ids", description="Ids, with commas between them."),
        ActionInput("path", description="Folder to write to; the workspace by default."),
        ActionInput("pattern", description="Pattern of names, where there is no `name`."),
        ActionInput("merge-multiple", "false", description="Several into one folder."),
        ActionInput("github-token", description="Asks for another run's artifacts."),
        ActionInput("repository", "${{ github.repository }}", description="This repository."),
        ActionInput("run-id", "${{ github.run_id }}", description="A run kept on this machine."),
        ActionInput("skip-decompress", "false", description="Accepted; nothing is packed."),
        ActionInput("digest-mismatch", "error", description="Accepted; the store verifies."),
    ),
    outputs=("download-path",),
    differs="Artifacts come from the store of this machine, those of earlier runs among them.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Download what is asked for; output ``download-path``."""
    name, pattern = read.text(inputs, "name"), read.text(inputs, "pattern")
    numbers = ids(read.text(inputs, "artifact-ids"))
    if name and numbers:
        raise AgentmeshError(
            "Inputs 'name' and 'artifact-ids' cannot be used together. Please specify only one.",
            remedy="Leave one of them out.",
        )
    path = read.text(inputs, "path") or ctx.dirs.workspace
    if path.startswith("~"):
        path = ctx.env.get("HOME", ctx.dirs.home) + path[1:]
    target = os.path.normpath(os.path.join(ctx.dirs.workspace, path))
    run_id = _run(inputs, ctx)
    every = await ctx.services.artifacts.list(run_id)
    wanted = select(every, name, numbers, pattern)
    merged = read.flag(inputs, "merge-multiple")
    # one id alone goes straight into the path, as one name does
    straight = bool(name) or merged or (len(numbers) == 1 and len(wanted) == 1)
    for artifact in wanted:
        place = target if straight else os.path.join(target, artifact.name)
        if not inside(place, target):
            raise AgentmeshError(
                f"The artifact name '{artifact.name}' leads out of '{target}'",
                remedy="Give the artifact another name.",
            )
        files = await ctx.services.artifacts.download(artifact, place)
        ctx.say(
            f"Downloaded {artifact.name}: {files} files ({megabytes(artifact.size)}) to {place}"
        )
    await ctx.in_thread(lambda: os.makedirs(target, exist_ok=True))
    ctx.say(f"Total of {len(wanted)} artifact(s) downloaded")
    return {"download-path": target}


def _run(inputs: Mapping[str, str], ctx: StepContext) -> str:
    """The run to take artifacts from: without a token this one, as in the published action."""
    asked = read.text(inputs, "run-id")
    if not read.text(inputs, "github-token") or asked in {"", str(ctx.spec.github.get("run_id"))}:
        return ctx.spec.run
    repository = read.text(inputs, "repository")
    mine = str(ctx.spec.github.get("repository") or ctx.spec.source.repository)
    if repository.lower() not in {"", mine.lower()}:
        raise AgentmeshError(
            f"Artifacts of {repository} are not on this machine",
            remedy="Download them with a `run` step, or leave `repository` out.",
        )
    return asked


def ids(text: str) -> tuple[int, ...]:
    """Numbers between commas. Raises AgentmeshError for what is no number."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdigit()):
            raise AgentmeshError(
                f"Invalid artifact ID: '{part}'. Must be a number.",
                remedy="Use the output `artifact-id` of actions/upload-artifact.",
            )
    return tuple(int(part) for part in parts)


def select(
    every: tuple[Artifact, ...], name: str, numbers: tuple[int, ...], pattern: str
) -> tuple[Artifact, ...]:
    """The artifacts that are asked for. Raises AgentmeshError where one by name is not there."""
    there = ", ".join(a.name for a in every) or "none"
    remedy = f"Artifacts of the run: {there}. See that the job that uploads is among `needs`."
    if name:
        found = tuple(a for a in every if a.name == name)
        if not found:
            raise AgentmeshError(
                f"Unable to download artifact(s): Artifact not found for name: {name}",
                remedy=remedy,
            )
        return found
    if numbers:
        found = tuple(a for a in every if a.id in numbers)
        if len(found) != len(set(numbers)):
            lost = sorted(set(numbers) - {a.id for a in found})
            raise AgentmeshError(
                f"None of the artifacts has the id {', '.join(map(str, lost))}", remedy=remedy
            )
        return found
    return chosen(every, pattern) if pattern else every


def chosen(every: Iterable[Artifact], pattern: str) -> tuple[Artifact, ...]:
    """Artifacts whose name matches a pattern of ``*``, ``?``, ``[…]``, ``{a,b}``, ``!`` first."""
    negated = pattern.startswith("!")
    patterns = [segment(one) for one in braces(pattern[1:] if negated else pattern)]
    return tuple(a for a in every if any(p.match(a.name) for p in patterns) is not negated)


def braces(pattern: str) -> tuple[str, ...]:
    """The patterns that one with alternatives in braces stands for."""
    found = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if found is None:
        return (pattern,)
    before, after = pattern[: found.start()], pattern[found.end() :]
    expanded = (braces(before + part + after) for part in found[1].split(","))
    return tuple(dict.fromkeys(one for many in expanded for one in many))
