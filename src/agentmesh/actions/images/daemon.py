"""Whether programs are there and answer. Called by the modules of this package."""

from __future__ import annotations

from agentmesh.actions.images.order import Place
from agentmesh.core.errors import SetupError


async def daemon(place: Place) -> bool:
    """Whether a Docker daemon answers."""
    return await answers(place, "docker", "version", "--format", "{{.Server.Version}}")


async def answers(place: Place, *argv: str) -> bool:
    """Whether a command is there and succeeds."""
    try:
        return (await place.run(argv, quiet=True)).code == 0
    except SetupError:
        return False
