"""Registries of this machine, which speak plain HTTP, as Docker takes them to. Blocks.

Called before a build or a login. Writes a drop-in of containers-registries.conf.d(5) into the
job's HOME, so that nothing but the job is told; what the machine's own files say stands.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from agentmesh.actions.images.words import is_loopback, reference
from agentmesh.core.errors import AgentmeshError

FILE = ".config/containers/registries.conf.d/900-agentmesh.conf"


def allow_plain(names: Iterable[str], home: str) -> None:
    """Have the loopback registries among some image names (or registries) spoken to in HTTP."""
    path = os.path.join(home, FILE)
    known = _known(path)
    fresh = {registry for name in names if (registry := _registry(name))} - known
    if not fresh:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text(known | fresh))


def text(registries: Iterable[str]) -> str:
    """The drop-in for some registries."""
    entries = [
        f'[[registry]]\nlocation = "{each}"\ninsecure = true\n' for each in sorted(registries)
    ]
    return "\n".join(entries)


def _known(path: str) -> set[str]:
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except OSError:
        return set()
    return {line.split('"')[1] for line in lines if line.startswith("location")}


def _registry(name: str) -> str:
    """The loopback registry of an image's name; empty for any other."""
    name = name.removeprefix("docker-image://").removeprefix("docker://")
    if is_loopback(name):
        return name
    try:
        found = reference(name)
    except AgentmeshError:
        return ""  # it is judged where it is used
    return found.registry if found.is_loopback else ""
