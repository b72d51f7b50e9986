"""buildah on a storage root: the command line that all of its callers share."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from agentmesh.actions.images.order import Place
from agentmesh.actions.images.words import Platform
from agentmesh.core.errors import AgentmeshError


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """An image in the storage root of its platform. ``id`` is that of its configuration."""

    platform: Platform
    storage: str
    id: str

    @property
    def bare(self) -> str:
        """The id as storage knows it."""
        return self.id.removeprefix("sha256:")


class List(msgspec.Struct, frozen=True):
    """A list of the images of several platforms: the command that can read it, and its name."""

    command: tuple[str, ...]
    name: str


def command(root: str, temp: str, *extra: str) -> tuple[str, ...]:
    """buildah on a storage root. What it mounts is noted in the job's folder, as the mounts
    themselves end with the job."""
    flags = ("--root", root, "--runroot", f"{temp}/run")
    return ("buildah", "--storage-driver", "overlay", *extra, *flags)


async def checked(place: Place, argv: Iterable[str]) -> str:
    """Run a command quietly; its output. Raises AgentmeshError with what it said if it fails."""
    done = await place.run(tuple(argv), quiet=True)
    if done.code != 0:
        said = [line for line in done.output.splitlines() if line.strip()]
        raise AgentmeshError(
            f"buildah failed: {said[-1] if said else f'exit code {done.code}'}",
            remedy="See the output above.",
        )
    return done.output
