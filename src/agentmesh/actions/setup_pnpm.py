"""``pnpm/action-setup``: pnpm on PATH. Called by the built-in handler.

The pnpm on PATH serves where its version fits; another one is installed with npm.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.toolchain import programs, versions
from agentmesh.actions.toolchain.programs import Program
from agentmesh.core.errors import AgentmeshError, Unavailable
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("pnpm/action-setup", "pnpm/setup"),
    summary="Put pnpm on PATH",
    inputs=(
        ActionInput("version", description="Version of pnpm; else `packageManager`."),
        ActionInput("dest", "~/setup-pnpm", description="Accepted; the job has its own folder."),
        ActionInput("run_install", "null", description="`true`, or what `pnpm install` takes."),
        ActionInput("package_json_file", "package.json", description="File with `packageManager`."),
        ActionInput("standalone", "false", description="Accepted."),
        ActionInput("cache", "false", description="Accepted; use actions/setup-node's."),
        ActionInput("cache_dependency_path", "pnpm-lock.yaml", description="Accepted."),
    ),
    outputs=("dest", "bin_dest"),
    differs="pnpm comes from PATH, or from the npm registry through npm.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find or install pnpm; run ``pnpm install`` where it is asked for."""
    asked = await ctx.in_thread(_asked, inputs, ctx.dirs.workspace)
    there = await ctx.in_thread(
        programs.find, "pnpm", ctx.env.get("PATH", "").split(":"), ("--version",)
    )
    wanted = versions.parse_range(asked) if asked not in {"", "latest"} else ()
    if wanted is None:
        raise AgentmeshError(
            f"The pnpm version '{asked}' is neither a version nor a range",
            remedy="Write it like '9', '9.1.0' or 'latest'.",
        )
    best = there[0] if there and not wanted else None
    if wanted:
        best = versions.newest(there, lambda p: p.version, wanted)
    pnpm = best or await _install(asked or "latest", there, ctx)
    folder = os.path.join(ctx.dirs.root, "pnpm", str(pnpm.version))
    linked = [pnpm.path, os.path.join(pnpm.folder, "pnpx")]
    await ctx.in_thread(programs.link_all, linked, folder)
    home = os.path.join(ctx.env.get("HOME", ctx.dirs.home), ".local/share/pnpm")
    ctx.export("PNPM_HOME", home)
    ctx.add_path(home)
    ctx.add_path(folder)
    ctx.say(f"Using pnpm {pnpm.version} ({pnpm.path})")
    if read.text(inputs, "run_install") not in {"", "null", "false"}:
        done = await ctx.run((pnpm.path, "install"))
        if done.code != 0:
            raise AgentmeshError(
                f"pnpm install failed with exit code {done.code}", remedy="See its output above."
            )
    return {"dest": folder, "bin_dest": folder}


def _asked(inputs: Mapping[str, str], workspace: str) -> str:
    """The version that is asked for; empty for any. Blocks."""
    if text := read.text(inputs, "version"):
        return text
    try:
        file = read.text(inputs, "package_json_file") or "package.json"
        with open(os.path.join(workspace, file), encoding="utf-8") as opened:
            named = json.load(opened).get("packageManager", "")
    except (OSError, ValueError, AttributeError):
        return ""
    found = re.match(r"pnpm@([^+]+)", named) if isinstance(named, str) else None
    return found[1] if found else ""


async def _install(asked: str, there: tuple[Program, ...], ctx: StepContext) -> Program:
    """Install a version with npm, once for all jobs."""
    root = os.path.join(ctx.services.shared or ctx.dirs.tools, "pnpm")
    folder = os.path.join(root, re.sub(r"[^0-9A-Za-z.^~-]", "_", asked))
    found = await ctx.in_thread(programs.find, "pnpm", [f"{folder}/bin"], ("--version",))
    if not found:
        fresh = await ctx.in_thread(_room, root)
        ctx.say(f"pnpm {asked} is not on this machine: installing it with npm")
        command = ("npm", "install", "--global", "--silent", "--prefix", fresh, f"pnpm@{asked}")
        done = await ctx.run(command)
        if done.code != 0:
            names = ", ".join(str(p.version) for p in there) or "none"
            raise Unavailable(
                f"pnpm '{asked}' is not on this machine and could not be installed. "
                f"There are: {names}.",
                remedy="Install it (`npm install --global pnpm`).",
            )
        await ctx.in_thread(_settle, fresh, folder)
        found = await ctx.in_thread(programs.find, "pnpm", [f"{folder}/bin"], ("--version",))
    if not found:
        raise AgentmeshError(f"pnpm in {folder} does not work", remedy=f"Remove {folder}.")
    return found[0]


def _room(root: str) -> str:
    """A folder to install into, before it is renamed."""
    import tempfile

    os.makedirs(root, exist_ok=True)
    return tempfile.mkdtemp(dir=root)


def _settle(fresh: str, folder: str) -> None:
    """Rename a finished installation into its place; another job may have been first."""
    try:
        os.rename(fresh, folder)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
