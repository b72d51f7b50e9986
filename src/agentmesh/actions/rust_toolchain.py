"""``dtolnay/rust-toolchain`` and its kin: a Rust of this machine for the job.

Called by the engine's built-in handler. With rustup the toolchain is chosen by RUSTUP_TOOLCHAIN; it
must be installed already. Without it, the rustc on PATH must be of the version asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.toolchain import programs, versions
from agentmesh.core.errors import AgentmeshError, Unavailable
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=(
        "dtolnay/rust-toolchain",
        "dsherret/rust-toolchain-file",
        "actions-rust-lang/setup-rust-toolchain",
        "actions-rs/toolchain",
    ),
    summary="Choose a Rust toolchain for the job",
    inputs=(
        ActionInput("toolchain", description="`stable`, `nightly`, a version; else the ref."),
        ActionInput("targets", description="Targets that must be installed."),
        ActionInput("target", description="Targets that must be installed."),
        ActionInput("components", description="Components that must be installed."),
        ActionInput("override", description="Accepted; the choice is the job's."),
        ActionInput("profile", description="Accepted."),
        ActionInput("cache", description="Accepted; use a cache action."),
        ActionInput("rustflags", description="Accepted."),
    ),
    outputs=("cachekey", "name"),
    differs="Toolchains are found, not downloaded.",
)
post = no_post
_CHANNEL = re.compile(r"(stable|beta|nightly)(-\d{4}-\d\d-\d\d)?\Z|\d+\.\d+(\.\d+)?\Z")


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Find the toolchain, and see that its parts are there."""
    asked = await ctx.in_thread(_asked, inputs, ctx)
    folders = ctx.env.get("PATH", "").split(":")
    rustup = await ctx.in_thread(programs.find, "rustup", folders, ("--version",))
    name = await (_with_rustup(asked, inputs, ctx) if rustup else _without(asked, folders, ctx))
    shown = await ctx.run(
        ("rustc", "--version", "--verbose"), env={"RUSTUP_TOOLCHAIN": name}, quiet=True
    )
    if shown.code != 0:
        raise AgentmeshError(f"rustc failed: {shown.output.strip()}", remedy="Mend the toolchain.")
    facts = dict(line.split(": ", 1) for line in shown.output.splitlines() if ": " in line)
    date = facts.get("commit-date", "").replace("-", "")
    key = date + facts.get("commit-hash", "")[:12] or name
    ctx.say(shown.output.splitlines()[0])
    ctx.export("CARGO_INCREMENTAL", ctx.env.get("CARGO_INCREMENTAL", "0"))
    ctx.export("CARGO_TERM_COLOR", ctx.env.get("CARGO_TERM_COLOR", "always"))
    cargo = ctx.env.get("CARGO_HOME") or os.path.join(ctx.env.get("HOME", ctx.dirs.home), ".cargo")
    ctx.add_path(os.path.join(cargo, "bin"))
    return {"cachekey": key, "name": name}


def _asked(inputs: Mapping[str, str], ctx: StepContext) -> str:
    """The toolchain asked for: by input, by the action's ref, by the repository's file."""
    if text := read.text(inputs, "toolchain"):
        return text
    ref = ctx.uses.rpartition("@")[2]
    if "rust-toolchain@" in ctx.uses.lower() and _CHANNEL.match(ref):
        return ref
    for file in ("rust-toolchain.toml", "rust-toolchain"):
        try:
            with open(os.path.join(ctx.dirs.workspace, file), encoding="utf-8") as opened:
                text = opened.read()
        except OSError:
            continue
        found = re.search(r'^\s*channel\s*=\s*"([^"]+)"', text, re.MULTILINE)
        return found[1] if found else text.strip().splitlines()[0]
    return "stable"


async def _with_rustup(asked: str, inputs: Mapping[str, str], ctx: StepContext) -> str:
    """The installed toolchain of a name. Raises Unavailable, naming those there are."""
    listed = await ctx.run(("rustup", "toolchain", "list"), quiet=True)
    names = [line.split()[0] for line in listed.output.splitlines() if line.strip()]
    name = next((n for n in names if n == asked or n.startswith(asked + "-")), "")
    if not name:
        raise Unavailable(
            f"The Rust toolchain '{asked}' is not on this machine. There are: "
            f"{', '.join(names) or 'none'}.",
            remedy=f"Install it with `rustup toolchain install {asked}`.",
        )
    ctx.export("RUSTUP_TOOLCHAIN", name)
    await _parts(name, "component", _list(read.text(inputs, "components")), ctx)
    targets = read.text(inputs, "targets") or read.text(inputs, "target")
    await _parts(name, "target", _list(targets), ctx)
    return name


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text) if part)


async def _parts(toolchain: str, kind: str, wanted: tuple[str, ...], ctx: StepContext) -> None:
    """See that components or targets are installed. Raises Unavailable for one that is not."""
    if not wanted:
        return
    listed = await ctx.run(
        ("rustup", kind, "list", "--installed", "--toolchain", toolchain), quiet=True
    )
    there = listed.output.split()
    for part in wanted:
        if not any(name == part or name.startswith(part + "-") for name in there):
            raise Unavailable(
                f"The {kind} '{part}' of the Rust toolchain {toolchain} is not installed",
                remedy=f"Run `rustup {kind} add --toolchain {toolchain} {part}`.",
            )


async def _without(asked: str, folders: list[str], ctx: StepContext) -> str:
    """The rustc on PATH, where its version fits."""
    there = await ctx.in_thread(programs.find, "rustc", folders, ("--version",))
    wanted = versions.parse_range("*" if asked == "stable" else asked)
    best = versions.newest(there, lambda p: p.version, wanted) if wanted else None
    if best is None:
        names = ", ".join(str(p.version) for p in there) or "none"
        raise Unavailable(
            f"Rust '{asked}' is not on this machine. There are: {names}.",
            remedy="Install rustup, and the toolchain with it.",
        )
    return str(best.version)
