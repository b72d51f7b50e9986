"""Service containers: waiting until they are ready, where they are reached, what they have written.

Called by :mod:`agentmesh.executors.container`. Follows "About service containers" of GitHub's
documentation.
"""

from __future__ import annotations

import asyncio
from typing import Any

from agentmesh.core.errors import SetupError
from agentmesh.executors.docker.api import Engine, Json
from agentmesh.executors.docker.http import Failed
from agentmesh.executors.docker.output import Frames

SHOWN = 20
"""Lines of a service's log in an error; :data:`LOGGED` when its job has failed."""
LOGGED = 200
_SOONEST, _LATEST = 0.1, 1.0
"""Seconds between two looks."""


async def ready(engine: Engine, name: str, container: str) -> Json:
    """Wait for a service's health check, if it has one; what is known of it then.

    Raises SetupError, with the end of its log, where it ends or becomes unhealthy.
    """
    pause = _SOONEST
    while True:
        found = await engine.inspect(container)
        state: dict[str, Any] = found["State"]
        health = state.get("Health") or state.get("Healthcheck") or {}
        status = str(health.get("Status") or "")
        if not state.get("Running"):
            why = f"it ended with exit code {state.get('ExitCode')}"
            raise await _not_ready(engine, name, container, why)
        if status in ("", "none", "healthy"):
            return found
        if status == "unhealthy":
            said = [entry.get("Output", "").strip() for entry in health.get("Log") or ()]
            last = f": {said[-1]}" if said and said[-1] else ""
            raise await _not_ready(engine, name, container, f"its health check failed{last}")
        if engine.podman:
            await engine.check_health(container)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LATEST)


def ports(inspected: Json) -> dict[str, str]:
    """Port inside → port on this machine."""
    found: dict[str, str] = {}
    published: dict[str, Any] = inspected.get("NetworkSettings", {}).get("Ports") or {}
    for inside, bindings in published.items():
        if bindings:
            found.setdefault(inside.partition("/")[0], str(bindings[0]["HostPort"]))
    return found


async def log(engine: Engine, container: str, lines: int) -> str:
    """The last lines that a container wrote."""
    try:
        tty = bool((await engine.inspect(container))["Config"].get("Tty"))
        async with await engine.logs(container, lines) as response:
            data = await response.body()
    except Failed as error:
        return f"(its log cannot be read: {error.message})"
    text = data if tty else Frames().feed(data)
    return text.decode("utf-8", "replace").rstrip("\n")


async def _not_ready(engine: Engine, name: str, container: str, why: str) -> SetupError:
    text = await log(engine, container, SHOWN)
    shown = f"\nthe end of its log:\n{text}" if text else "; it wrote nothing"
    return SetupError(
        f"the service {name!r} is not ready: {why}{shown}",
        remedy="mend what its log says, or its health check in options:",
    )
