"""Artifacts: named sets of files that jobs of a run hand on, kept after it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact. ``size`` counts its files' bytes, ``digest`` is ``sha256:…`` of its content."""

    id: int
    run: str
    name: str
    size: int
    files: int
    digest: str
    created: datetime
    expires: datetime | None = None


class Artifacts(Protocol):
    """Keeps artifacts by run and name."""

    async def upload(
        self,
        run: str,
        name: str,
        files: tuple[tuple[str, str], ...],
        *,
        overwrite: bool = False,
        retention_days: int | None = None,
    ) -> Artifact:
        """Store files, given as (path in the artifact, path on this machine).

        Raises AgentmeshError where the name is taken or not allowed.
        """
        ...

    async def list(self, run: str) -> tuple[Artifact, ...]:
        """All artifacts of a run, by name."""
        ...

    async def download(self, artifact: Artifact, directory: str) -> int:
        """Write an artifact's files below a folder; the number of files."""
        ...

    async def delete(self, artifact: Artifact) -> None: ...
