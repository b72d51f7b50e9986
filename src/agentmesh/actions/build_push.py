"""``docker/build-push-action``: builds an image, and pushes it. Called by the built-in handler.

Reads the published action's inputs into an :class:`~agentmesh.actions.images.order.Order`; what
builds is :mod:`agentmesh.actions.images`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

import msgspec

from agentmesh.actions import checkout
from agentmesh.actions import inputs as read
from agentmesh.actions.images import buildah, builder, outputs, shim
from agentmesh.actions.images.order import Order, Secret
from agentmesh.actions.images.words import fields, listed, pairs, platforms
from agentmesh.actions.setup_buildx import place
from agentmesh.core.errors import Refused
from agentmesh.ports.action import ActionInput, Meta, StepContext, no_post

META = Meta(
    names=("docker/build-push-action",),
    summary="Build an image, and push it",
    inputs=(
        ActionInput("add-hosts", description="Names and addresses, `host:ip`."),
        ActionInput("allow", description="Accepted; builds get no more rights than the job has."),
        ActionInput("annotations", description="Annotations of the image."),
        ActionInput("attests", description="Not made without BuildKit; the log says so."),
        ActionInput("build-args", description="Build arguments, one a line."),
        ActionInput("build-contexts", description="More contexts, `name=path`."),
        ActionInput("builder", description="Accepted; there is one."),
        ActionInput("cache-from", description="Where layers come from: gha, registry, local."),
        ActionInput("cache-to", description="Where layers go to."),
        ActionInput("call", "build", description="`build`; checks are BuildKit's."),
        ActionInput("cgroup-parent", description="Used by BuildKit alone."),
        ActionInput("context", description="A folder or a git address; the repository by default."),
        ActionInput("file", description="The Dockerfile."),
        ActionInput("labels", description="Labels, one a line."),
        ActionInput(
            "load", "false", description="Load it into the Docker daemon, if there is one."
        ),
        ActionInput("network", description="Network of RUN instructions."),
        ActionInput("no-cache", "false", description="Do every step anew."),
        ActionInput("no-cache-filters", description="Stages that BuildKit does anew."),
        ActionInput("outputs", description="Where results go: `type=local,dest=out`."),
        ActionInput("platforms", description="Platforms, built at the same time."),
        ActionInput("provenance", description="Not made without BuildKit; the log says so."),
        ActionInput("pull", "false", description="Fetch base images anew."),
        ActionInput("push", "false", description="Push to the registries of the tags."),
        ActionInput("sbom", "false", description="Not made without BuildKit; the log says so."),
        ActionInput("secrets", description="Secrets, `id=value`."),
        ActionInput("secret-envs", description="Secrets in variables, `id=VARIABLE`."),
        ActionInput("secret-files", description="Secrets in files, `id=path`."),
        ActionInput("shm-size", description="Size of /dev/shm."),
        ActionInput("ssh", description="Refused: builds get no keys."),
        ActionInput("tags", description="Names of the image."),
        ActionInput("target", description="The stage to build."),
        ActionInput("ulimit", description="Limits, `nofile=1024:1024`."),
        ActionInput(
            "github-token", "${{ github.token }}", description="For a private git context."
        ),
    ),
    outputs=("imageid", "digest", "metadata"),
    differs="Builds with `docker buildx` where there is one, else with buildah: layers then stay "
    "in the store between runs whatever `cache-to` says, and no attestations are made.",
)
post = no_post
OWN = "{{defaultContext}}"
"""What the published action puts its git address for."""


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Build as the inputs say."""
    on = await place(ctx)
    order = ordered(inputs, ctx.dirs.workspace)
    outputs.check(order)
    kind = await builder.find(ctx)
    if kind == "buildah" and shim.VARIABLE not in ctx.env:
        await shim.offer(ctx, on)
    if not order.context or order.context.startswith(OWN):
        order = await _own_context(order, ctx)
    if kind == "buildx":
        order = msgspec.structs.replace(order, variables=dict(ctx.service_variables()))
    ctx.say(f"Building {', '.join(order.tags) or order.context} with {kind}")
    built = await builder.build(kind, order, on, ctx)
    metadata = buildah.metadata_text(built)
    for title, text in (("ImageID", built.image_id), ("Digest", built.digest)):
        if text:
            ctx.say(f"{title}: {text}")
    return {"imageid": built.image_id, "digest": built.digest, "metadata": metadata}


def ordered(inputs: Mapping[str, str], workspace: str) -> Order:
    """The order that inputs make. An empty ``context`` stands for the repository at the event.

    Raises AgentmeshError for what cannot be understood, and Refused for keys of SSH.
    """
    if read.text(inputs, "ssh"):
        raise Refused(
            "the input ssh would hand keys of this machine's agent to a build",
            remedy="Use a secret with a deploy key instead.",
        )

    def items(name: str, *, commas: bool = False) -> tuple[str, ...]:
        return listed(read.text(inputs, name), commas=commas)

    attests = list(items("attests"))
    for kind in ("provenance", "sbom"):
        value = read.text(inputs, kind)
        if value and value != "false":
            attests.append(f"type={kind}" + ("" if value == "true" else f",{value}"))
    return Order(
        folder=workspace,
        context=read.text(inputs, "context"),
        file=read.text(inputs, "file"),
        platforms=platforms(items("platforms", commas=True)),
        tags=items("tags", commas=True),
        labels=pairs(items("labels"), "label"),
        annotations=items("annotations"),
        build_args=pairs(items("build-args"), "build argument"),
        build_contexts=pairs(items("build-contexts"), "build context"),
        target=read.text(inputs, "target"),
        secrets=secrets(inputs),
        cache_from=tuple(fields(each, bare="ref") for each in items("cache-from")),
        cache_to=tuple(fields(each, bare="ref") for each in items("cache-to")),
        outputs=tuple(fields(each, bare="dest") for each in items("outputs")),
        push=read.flag(inputs, "push"),
        load=read.flag(inputs, "load"),
        pull=read.flag(inputs, "pull"),
        no_cache=read.flag(inputs, "no-cache"),
        attests=tuple(attests),
        add_hosts=items("add-hosts", commas=True),
        network=read.text(inputs, "network"),
        shm_size=read.text(inputs, "shm-size"),
        ulimits=items("ulimit", commas=True),
        cgroup_parent=read.text(inputs, "cgroup-parent"),
        extra=tuple(
            f"{flag}={each}"
            for flag, name in (("--no-cache-filter", "no-cache-filters"), ("--allow", "allow"))
            for each in items(name, commas=True)
        ),
    )


def secrets(inputs: Mapping[str, str]) -> tuple[Secret, ...]:
    """The secrets of three inputs. A value in quotes may go over several lines."""
    text = read.text(inputs, "secrets")
    found = []
    for match in re.finditer(r'"((?:[^"]|"")*)"|([^\n]+)', text):
        item = match[1].replace('""', '"') if match[1] is not None else match[2].strip()
        if item:
            ((name, value),) = pairs((item,), "secret")
            found.append(Secret(id=name, value=value))
    for name, variable in pairs(listed(read.text(inputs, "secret-envs")), "secret"):
        found.append(Secret(id=name, variable=variable))
    for name, path in pairs(listed(read.text(inputs, "secret-files")), "secret"):
        found.append(Secret(id=name, file=path))
    return tuple(found)


async def _own_context(order: Order, ctx: StepContext) -> Order:
    """The repository as the run sees it, in a folder of its own: the published action's default
    context is git's, and knows nothing of what steps did in the workspace."""
    folder = os.path.join(ctx.dirs.temp, f"context-{os.urandom(4).hex()}")
    await checkout.lay_own(ctx, folder)
    below = order.context.removeprefix(OWN).removeprefix(":")
    context = os.path.normpath(os.path.join(folder, below))
    file = order.file and os.path.join(context, order.file)
    return msgspec.structs.replace(order, context=context, file=file)
