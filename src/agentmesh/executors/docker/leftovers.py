"""Containers and networks whose agentmesh is gone: found by their labels, and removed.

Called by :mod:`agentmesh.executors.container` once for each run that uses an engine. A run that was
killed could not remove what it had made; the next one does.
"""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.executors.docker.api import Engine, Json
from agentmesh.executors.docker.http import Failed

OWNER, RUN, JOB = "agentmesh.owner", "agentmesh.run", "agentmesh.job"
"""Labels: which process made it, for which run and for which job."""


async def sweep(engine: Engine, lives: Callable[[str], bool]) -> int:
    """Remove what no living process owns; how many things that were."""
    gone = 0
    for container in await engine.containers(OWNER):
        if not lives(_owner(container)):
            await engine.remove(str(container["Id"]))
            gone += 1
    for network in await engine.networks(OWNER):
        if not lives(_owner(network)):
            try:
                await engine.network_remove(str(network["Id"]))
            except Failed:  # another run removes it too, or somebody has joined it
                continue
            gone += 1
    return gone


def _owner(thing: Json) -> str:
    return str((thing.get("Labels") or {}).get(OWNER, ""))
