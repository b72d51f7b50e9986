"""``docker/setup-qemu-action``: programs of other processors run here. Called by the handler.

Registers the static emulators of the machine with the kernel, as the published action's image
does; that holds for the whole machine until it restarts, and takes root once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from agentmesh.actions import inputs as read
from agentmesh.actions.images import binfmt
from agentmesh.actions.images.words import Platform, listed, native, platform
from agentmesh.core.errors import Unavailable
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("docker/setup-qemu-action",),
    summary="Let programs of other processors run, by qemu",
    inputs=(
        ActionInput("image", "tonistiigi/binfmt:latest", description="Accepted; no image is run."),
        ActionInput("platforms", "all", description="Platforms to emulate, like `arm64,arm`."),
        ActionInput("reset", "false", description="Accepted; nothing is taken away."),
        ActionInput("cache-image", "true", description="Accepted."),
    ),
    outputs=("platforms",),
    differs="Uses the machine's qemu-user-static; where it is not registered yet that needs root.",
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Register what is asked for; the output names all platforms that run here."""
    here = native(os.uname().machine)
    asked = read.text(inputs, "platforms") or "all"
    if asked == "all":
        wanted = tuple(Platform("linux", arch) for arch in binfmt.EMULATORS)
    else:
        wanted = tuple(platform(text) for text in listed(asked, commas=True))
    there = await binfmt.emulated(ctx)
    for each in wanted:
        if binfmt.runs(here, each, there):
            continue
        interpreter = await ctx.in_thread(binfmt.program, each.arch, ctx.env.get("PATH", ""))
        if interpreter:
            await _register(each, interpreter, ctx)
        elif asked != "all":
            raise Unavailable(
                f"there is no emulator for {each} on this machine",
                remedy="Install qemu-user-static (Debian: apt-get install qemu-user-static).",
            )
    arches = await binfmt.emulated(ctx)
    if not arches and asked == "all":
        raise Unavailable(
            "there are no emulators on this machine",
            remedy="Install qemu-user-static (Debian: apt-get install qemu-user-static).",
        )
    found = ",".join(dict.fromkeys((str(here), *(f"linux/{arch}" for arch in arches))))
    ctx.say(f"Platforms that run here: {found}")
    return {"platforms": found}


async def _register(wanted: Platform, interpreter: str, ctx: StepContext) -> None:
    """Tell the kernel, in the job's place, what runs the programs of a processor."""
    script = (
        f"[ -e {binfmt.MOUNT}/register ] || mount -t binfmt_misc binfmt_misc {binfmt.MOUNT}; "
        f'printf "$1" > {binfmt.MOUNT}/register'
    )
    text = binfmt.line(wanted.arch, interpreter).decode()
    done = await ctx.run(("sh", "-c", script, "register", text), quiet=True)
    if done.code != 0:
        raise Unavailable(
            f"{interpreter} could not be registered for {wanted}: {done.output.strip()}",
            remedy="Run once as root, or `systemctl restart systemd-binfmt`.",
        )
    ctx.say(f"{wanted}: {interpreter}")
