"""Images: those that are here, those that have to be fetched, those that are built from a folder.

Called by :mod:`agentmesh.executors.container`. What is here is used; what is not is fetched, and
that is said. Follows "Create an image" and "Build an image" of the Docker Engine API.
"""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing
from typing import Any

import msgspec

from agentmesh.core.errors import SetupError
from agentmesh.executors.docker.api import Engine, Json
from agentmesh.executors.docker.context import Context
from agentmesh.executors.docker.http import Failed
from agentmesh.ports.executor import Container, Say

_LAYER_NEWS = frozenset(("Pull complete", "Already exists", "Download complete"))
_HUB = "https://index.docker.io/v1/"


def parts(reference: str) -> tuple[str, str]:
    """An image's name as the engine is asked for it, and its tag (empty beside a digest)."""
    if "@" in reference:
        return reference, ""
    name, colon, tag = reference.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference, "latest")


def registry(reference: str) -> str:
    """The registry that an image comes from, as credentials name it."""
    first = reference.partition("/")[0]
    named = "/" in reference and ("." in first or ":" in first or first == "localhost")
    return first if named else _HUB


async def obtain(engine: Engine, wanted: Container, say: Say) -> Json:
    """What is known of an image, which is fetched if it is not here. Raises SetupError."""
    found = await _here(engine, wanted.image)
    if found is not None:
        return found
    say(f"Image {wanted.image} is not on this machine: fetching it from {_shown(wanted.image)}")
    name, tag = parts(wanted.image)
    try:
        async with aclosing(engine.pull(name, tag, _auth(wanted))) as stream:
            async for said in stream:
                if problem := said.get("error"):
                    raise _not_had(wanted.image, str(problem))
                if line := _news(said):
                    say(line)
    except Failed as error:
        raise _not_had(wanted.image, error.message) from error
    found = await engine.image(wanted.image)
    if found is None:
        raise _not_had(wanted.image, "the engine ended without it")
    return found


async def _here(engine: Engine, name: str) -> Json | None:
    found = await engine.image(name)
    if found is None and engine.podman and "/" not in name:
        # Podman reads a short name as one of Docker Hub's, and calls what it has built localhost/…
        found = await engine.image(f"localhost/{name}")
    return found


async def build(engine: Engine, context: Context, labels: dict[str, str], say: Say) -> Json:
    """The image of an action's folder, built unless the same files were built before.

    Raises SetupError with what the engine said where the build fails.
    """
    digest = await asyncio.to_thread(context.digest)
    tag = f"agentmesh-action:{digest[:32]}"
    found = await engine.image(tag)
    if found is not None:
        say(f"Built before from the same files: {tag}")
        return found
    say(f"Building {tag} from {context.dockerfile}")
    try:
        building = engine.build(context.archive(), tag, context.dockerfile, labels)
        async with aclosing(building) as stream:
            async for said in stream:
                if problem := said.get("error"):
                    raise _not_built(context, str(problem))
                if text := str(said.get("stream") or said.get("status") or "").strip("\n"):
                    say(text)
    except Failed as error:
        raise _not_built(context, error.message) from error
    found = await engine.image(tag)
    if found is None:
        raise _not_built(context, "the engine ended without an image")
    return found


def environment(image: Json) -> dict[str, str]:
    """What an image sets for the processes in it."""
    config: dict[str, Any] = image.get("Config") or {}
    pairs = (entry.partition("=") for entry in config.get("Env") or ())
    return {name: value for name, _, value in pairs}


def _news(said: Json) -> str:
    """What is worth a line: not every progress bar."""
    status, layer = str(said.get("status", "")), str(said.get("id", ""))
    if layer and status not in _LAYER_NEWS and not status.startswith("Pulling from"):
        return ""
    return f"{layer}: {status}" if layer else status


def _auth(wanted: Container) -> str:
    """The header that carries credentials: base64 of JSON."""
    if not wanted.username and not wanted.password:
        return ""
    said = {
        "username": wanted.username,
        "password": wanted.password,
        "serveraddress": registry(wanted.image),
    }
    return base64.urlsafe_b64encode(msgspec.json.encode(said)).decode()


def _shown(reference: str) -> str:
    place = registry(reference)
    return "Docker Hub" if place == _HUB else place


def _not_had(image: str, why: str) -> SetupError:
    return SetupError(
        f"the image {image} is not on this machine and could not be fetched: {why}",
        remedy=f"without a network, bring it here (docker save {image} on another machine, docker "
        "load here), or name one that is here; credentials: may be missing for a private one",
    )


def _not_built(context: Context, why: str) -> SetupError:
    return SetupError(
        f"{context.dockerfile} of {context.root} could not be built: {why.strip()}",
        remedy="read the engine's lines above; an image that it is built FROM must be here or be "
        "reachable, and the engine's classic builder knows no RUN --mount",
    )
