"""Which builder this machine has: ``docker buildx`` with a daemon that answers, or buildah.

Called by the actions of ``docker/``.
"""

from __future__ import annotations

from typing import Literal

from agentmesh.actions.images import buildah, buildx
from agentmesh.actions.images.daemon import answers, daemon
from agentmesh.actions.images.order import Built, Order, Place, Shelf
from agentmesh.core.errors import Unavailable

Kind = Literal["buildx", "buildah"]


async def find(place: Place) -> Kind:
    """The builder there is. Raises Unavailable where there is none, with what to install."""
    # a job's own docker command stands for buildah; a real one needs a daemon that answers
    if place.env.get("AGENTMESH_IMAGES") is None and (
        await answers(place, "docker", "buildx", "version") and await daemon(place)
    ):
        return "buildx"
    if await answers(place, "buildah", "--version"):
        return "buildah"
    raise Unavailable(
        "images cannot be built: there is neither docker with buildx and a running daemon here, "
        "nor buildah",
        remedy=buildah.INSTALL,
    )


async def build(kind: Kind, order: Order, on: Shelf, place: Place) -> Built:
    """Build with the builder there is."""
    if kind == "buildx":
        return await buildx.build(order, on, place)
    return await buildah.build(order, on, place)
