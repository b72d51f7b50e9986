"""Where a build's result goes: ``--output type=local|tar|oci|docker|image|registry``.

Called by :mod:`agentmesh.actions.images.buildah`. Follows "Exporters overview" of Docker's
documentation.
"""

from __future__ import annotations

import os

from agentmesh.actions.images.daemon import daemon
from agentmesh.actions.images.order import Order, Place, Shelf
from agentmesh.actions.images.storage import Image, List, checked, command
from agentmesh.actions.images.words import Platform, reference
from agentmesh.core.errors import AgentmeshError

KINDS = ("local", "tar", "oci", "docker", "image", "registry", "cacheonly")


def flag(output: dict[str, str], order: Order, platform: Platform) -> str:
    """``--output`` of buildah for files of an image; with several platforms, a folder for each.

    Raises AgentmeshError where nothing says where to.
    """
    place = destination(output, order)
    if len(order.platforms) > 1 and output.get("platform-split", "true") == "true":
        if output["type"] == "tar":
            raise AgentmeshError(
                "type=tar holds one platform, and several are built",
                remedy="Use type=local, or one platform.",
            )
        place = os.path.join(place, platform.folder)
    return f"type={output['type']},dest={place}"


def destination(output: dict[str, str], order: Order) -> str:
    """The file or folder of an output, absolute. Raises AgentmeshError where there is none."""
    given = output.get("dest", "")
    if not given or given == "-":
        raise AgentmeshError(
            f"type={output.get('type')} needs a file or a folder to write to",
            remedy="Add dest=PATH to the output.",
        )
    return os.path.normpath(os.path.join(order.folder, given))


def check(order: Order) -> None:
    """Raise AgentmeshError for outputs that cannot be made."""
    for output in order.outputs:
        if output.get("type") not in KINDS:
            raise AgentmeshError(
                f"output type {output.get('type') or 'missing'!r} is not known",
                remedy=f"Use one of {', '.join(KINDS)}.",
            )
    if (order.push or pushes(order)) and not pushed(order):
        raise AgentmeshError(
            "tag is needed when pushing to registry", remedy="Name the image under `tags`."
        )


def pushes(order: Order) -> bool:
    """Whether an output asks for a push."""
    return any(
        output.get("type") == "registry"
        or (output.get("type") == "image" and output.get("push", "false") == "true")
        for output in order.outputs
    )


def pushed(order: Order) -> tuple[str, ...]:
    """The names under which an image is to be pushed."""
    names = list(order.tags) if order.push or pushes(order) else []
    for output in order.outputs:
        is_push = output.get("type") == "registry" or output.get("push", "false") == "true"
        if output.get("name") and (is_push or order.push):
            names += output["name"].split(",")
    return tuple(names)


async def write(
    order: Order,
    own: Image,
    joined: List | None,
    on: Shelf,
    place: Place,
) -> None:
    """Write archives of what was built. Raises AgentmeshError where that fails."""
    name = str(reference(order.tags[0])) if order.tags else ""
    for output in order.outputs:
        kind = output.get("type")
        if kind == "oci":
            to = destination(output, order)
            scheme = "oci" if output.get("tar", "true") == "false" else "oci-archive"
            await place.in_thread(os.makedirs, os.path.dirname(to), 0o777, True)
            if joined is None:
                argv = (*command(own.storage, on.temp), "push", "-q", own.bare)
            else:
                argv = (*joined.command, "manifest", "push", "-q", "--all", joined.name)
            tag = f":{reference(order.tags[0]).tag}" if order.tags else ""
            await checked(place, (*argv, f"{scheme}:{to}{tag}"))
        elif kind == "docker" and output.get("dest"):
            if joined is not None:
                raise AgentmeshError(
                    "docker exporter does not currently support exporting manifest lists",
                    remedy="Use type=oci, or one platform.",
                )
            to = destination(output, order)
            await place.in_thread(os.makedirs, os.path.dirname(to), 0o777, True)
            argv = (*command(own.storage, on.temp), "push", "-q", own.bare)
            await checked(place, (*argv, f"docker-archive:{to}" + (f":{name}" if name else "")))


async def load(order: Order, own: Image, on: Shelf, place: Place) -> None:
    """Hand an image to the Docker daemon, where one answers; say where it is else."""
    asked = order.load or any(
        o.get("type") == "docker" and not o.get("dest") for o in order.outputs
    )
    if not asked or not order.tags:
        return
    if not await daemon(place):
        place.say(
            f"No Docker daemon answers here: {', '.join(order.tags)} is in agentmesh's own "
            "storage, where `docker push`, `docker tag` and `docker images` of this job find it."
        )
        return
    archive = os.path.join(on.temp, f"load-{os.urandom(4).hex()}.tar")
    name = str(reference(order.tags[0]))
    base = command(own.storage, on.temp)
    await checked(place, (*base, "push", "-q", own.bare, f"docker-archive:{archive}:{name}"))
    await checked(place, ("docker", "load", "--quiet", "--input", archive))
    await place.in_thread(os.unlink, archive)
    for tag in order.tags[1:]:
        await checked(place, ("docker", "tag", order.tags[0], tag))
