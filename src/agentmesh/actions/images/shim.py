"""Puts a ``docker`` command over buildah on a job's PATH. Blocks but for :func:`offer`.

Called by the actions of ``docker/`` where the machine has no ``docker buildx``: what a step then
writes as ``docker build``, ``docker buildx build``, ``docker push`` is done by
:mod:`agentmesh.actions.images.docker`; everything else goes to the machine's own docker.
"""

from __future__ import annotations

import os
import sys

import msgspec

from agentmesh.actions.images.order import Shelf
from agentmesh.ports.action import StepContext

VARIABLE = "AGENTMESH_IMAGES"
"""Names the file that tells the command which shelf is the job's."""

_TEXT = """#!{python} -I
# Written by agentmesh: docker's commands for images, done by buildah.
import os
import sys

sys.path[:] = {path!r}
from agentmesh.actions.images.docker import main

sys.exit(main(sys.argv[1:], dict(os.environ), {file!r}, {own!r}))
"""


async def offer(ctx: StepContext, on: Shelf) -> str:
    """Have later steps find the command; the folder it is in."""
    own = await ctx.in_thread(_which, ctx.env.get("PATH", ""), on.temp)
    folder = await ctx.in_thread(write, on, own)
    ctx.add_path(folder)
    ctx.export(VARIABLE, os.path.join(on.temp, "shelf.json"))
    return folder


def write(on: Shelf, own: str) -> str:
    """Write the command; ``own`` is the machine's docker, if any. The folder it is in."""
    folder, file = os.path.join(on.temp, "bin"), os.path.join(on.temp, "shelf.json")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(file, "wb") as opened:
        opened.write(msgspec.json.encode(on))
    path = os.path.join(folder, "docker")
    search = [each for each in sys.path if each]
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(_TEXT.format(python=sys.executable, path=search, file=file, own=own))
    os.chmod(path, 0o755)
    return folder


def _which(path: str, temp: str) -> str:
    """The machine's own docker; empty where there is none."""
    for folder in path.split(":"):
        place = os.path.join(folder, "docker")
        if folder and not folder.startswith(temp) and os.access(place, os.X_OK):
            return place
    return ""
