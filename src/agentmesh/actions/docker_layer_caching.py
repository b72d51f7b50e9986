"""``satackey/action-docker-layer-caching``: layers in the cache. Called by the built-in handler.

With buildah the layers of a repository stay in this machine's store between jobs anyway; what is
saved is the whole of them, so that another machine with the same cache starts warm. With a Docker
daemon it is the images that the job has added, as the published action does.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping

from agentmesh.actions import caching
from agentmesh.actions import inputs as read
from agentmesh.actions.images import builder
from agentmesh.actions.images.order import Shelf
from agentmesh.actions.setup_buildx import place
from agentmesh.core.errors import AgentmeshError
from agentmesh.ports.action import ActionInput, Meta, StepContext

META = Meta(
    names=("satackey/action-docker-layer-caching",),
    summary="Keep the layers of image builds in the cache",
    inputs=(
        ActionInput(
            "key",
            "docker-layer-caching-${{ github.workflow }}-{hash}",
            description="Key to save; `{hash}` stands for what there is to save.",
        ),
        ActionInput(
            "restore-keys",
            "docker-layer-caching-${{ github.workflow }}-",
            description="Prefixes to restore by, one a line.",
        ),
        ActionInput("concurrency", "4", description="Accepted; one archive is read or written."),
        ActionInput("skip-save", "false", description="Restore alone."),
    ),
    has_post=True,
    differs="On a machine that has the layers, nothing is restored; a saved archive serves others.",
)
FOLDER = "~/.cache/agentmesh-layers"
"""What the cache is told to keep; part of an entry's version, so the same in each job."""


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Restore the layers where there are none yet."""
    on = await place(ctx)
    kind = await builder.find(ctx)
    before = await stock(kind, on, ctx)
    ctx.state["before"] = "\n".join(before)
    if kind == "buildah" and before:
        ctx.say(f"{len(before)} images and layers of this repository are here: nothing to restore")
        return {}
    folder = _folder(ctx)
    key = read.required(inputs, "key")
    keys = (key,) if "{hash}" not in key else ()
    prefixes = read.lines(inputs, "restore-keys") or (key.partition("{hash}")[0],)
    restored = await caching.restore(ctx, (*keys, *prefixes), (FOLDER,))
    archive = os.path.join(folder, "layers.tar")
    if restored.hit == "none" or not os.path.exists(archive):
        return {}
    await _unpack(kind, archive, on, ctx)
    await ctx.in_thread(shutil.rmtree, folder)
    after = await stock(kind, on, ctx)
    ctx.state["before"] = "\n".join(after)
    ctx.say(f"{len(after)} images and layers were restored")
    return {}


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Save what the job has added; nothing where it has added nothing. Never fails the job."""
    if read.flag(inputs, "skip-save") or "before" not in ctx.state or ctx.job_status != "success":
        return
    on = await place(ctx)
    kind = await builder.find(ctx)
    there = await stock(kind, on, ctx)
    before = set(ctx.state["before"].split())
    fresh = tuple(each for each in there if each not in before)
    if not there or not fresh:
        ctx.say("No layers were added, nothing to save.")
        return
    kept = there if kind == "buildah" else fresh
    digest = hashlib.sha256("\n".join(kept).encode()).hexdigest()
    key = read.required(inputs, "key").replace("{hash}", digest)
    try:
        await _pack(kind, fresh, on, ctx)
    except AgentmeshError as error:
        ctx.annotate("warning", f"The layers were not saved: {error}")
        return
    await caching.keep(ctx, key, (FOLDER,))
    await ctx.in_thread(shutil.rmtree, _folder(ctx))


async def stock(kind: builder.Kind, on: Shelf, ctx: StepContext) -> tuple[str, ...]:
    """The ids of all images there are, sorted."""
    if kind == "buildah":
        return await ctx.in_thread(stored, on.root)
    done = await ctx.run(("docker", "images", "--all", "--quiet", "--no-trunc"), quiet=True)
    return tuple(sorted(set(done.output.split()))) if done.code == 0 else ()


def stored(root: str) -> tuple[str, ...]:
    """The images in all storage roots of a repository. Blocks."""
    found: set[str] = set()
    for folder, names, _ in os.walk(root):
        if os.path.basename(folder) == "overlay-images":
            found.update(name for name in names if len(name) == 64)
        if any(name.startswith("overlay") for name in names):
            names[:] = [name for name in names if name == "overlay-images"]
        elif os.path.basename(folder) == "overlay-images":
            names.clear()
    return tuple(sorted(found))


def _folder(ctx: StepContext) -> str:
    return os.path.join(ctx.env.get("HOME", ctx.dirs.home), FOLDER.removeprefix("~/"))


async def _pack(kind: builder.Kind, fresh: tuple[str, ...], on: Shelf, ctx: StepContext) -> None:
    """Write the archive. What marks a deleted file in a layer is a device: tar can keep those."""
    folder = _folder(ctx)
    await ctx.in_thread(os.makedirs, folder, 0o700, True)
    archive = os.path.join(folder, "layers.tar")
    if kind == "buildah":
        flags = ("--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", on.root)
        await _do(("tar", *flags, "-cf", archive, "."), ctx)
    else:
        await _do(("docker", "save", "--output", archive, *fresh), ctx)


async def _unpack(kind: builder.Kind, archive: str, on: Shelf, ctx: StepContext) -> None:
    if kind == "buildah":
        # beside its place first: a restore that is cut short must leave no half a storage root
        aside = f"{on.root}.{os.urandom(4).hex()}"
        await ctx.in_thread(os.makedirs, aside, 0o700)
        flags = ("--xattrs", "--xattrs-include=*", "--numeric-owner", "-C", aside)
        try:
            await _do(("tar", *flags, "-xpf", archive), ctx)
            await ctx.in_thread(_take_place, aside, on.root)
        finally:
            await ctx.in_thread(shutil.rmtree, aside, True)
    else:
        await _do(("docker", "load", "--quiet", "--input", archive), ctx)


def _take_place(aside: str, root: str) -> None:
    """Become the storage, unless another job has begun one meanwhile."""
    try:
        os.rename(aside, root)  # an empty folder gives way
    except OSError:
        return


async def _do(argv: tuple[str, ...], ctx: StepContext) -> None:
    done = await ctx.run(argv, quiet=True)
    if done.code != 0:
        said = [line for line in done.output.splitlines() if line.strip()] or ["no reason given"]
        raise AgentmeshError(f"{argv[0]} failed: {said[-1]}", remedy="See what it says.")
