"""Caches and artifacts as archives: what the published clients upload and download in one piece.

The same entries as :mod:`agentmesh.ports.cache` and :mod:`agentmesh.ports.artifacts` have, seen
through the other door: what was saved as files is handed out as an archive, and the other way
round. Methods block and may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

import msgspec

from agentmesh.ports.artifacts import Artifact
from agentmesh.ports.cache import CacheScope


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job unpacks archives: its folders as it sees them, absolute.

    ``roots`` are all places that an archive of its may write to: its folders, and the paths that
    its steps were told to cache.
    """

    workspace: str
    home: str
    roots: tuple[str, ...]


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes ready to be sent, compared with their digest already. ``file`` is an open descriptor
    that belongs to whoever asked; what is removed from the store meanwhile can still be read."""

    file: int
    size: int
    media: str = "application/octet-stream"


class Upload(Protocol):
    """Content on its way in, in blocks that may arrive in any order, and twice."""

    def write(self, block: str, chunks: Iterable[bytes]) -> None:
        """Take one block. Raises SetupError where the disk is full, Refused for what is too
        large, and what ``chunks`` raises; the block is not there then."""
        ...

    def arrange(self, blocks: tuple[str, ...]) -> None:
        """Say which blocks in which order make up the content. Raises WorkflowError for a block
        that never came."""
        ...

    def discard(self) -> None:
        """Drop it, and give its name back. May be called twice, and after it was finished."""
        ...


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the cache, whole and ready."""

    key: str
    content: Content


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is nothing. ``damaged`` where there was, and it could not be read back."""

    reason: str
    damaged: bool = False


class CacheArchives(Protocol):
    """The cache. ``version`` is the client's: a digest of paths and compression."""

    def reserve(self, scope: CacheScope, key: str, version: str) -> Upload | str:
        """Take a key, or say why not. Raises WorkflowError for a key that is not allowed."""
        ...

    def finish(self, upload: Upload, size: int, place: Place) -> int | str:
        """Check an upload of so many bytes and let others see it: its number, or why it was
        refused. Either way the upload is over."""
        ...

    def find(
        self, scope: CacheScope, keys: tuple[str, ...], version: str, place: Place
    ) -> Found | Missed:
        """The first key exactly, then each key as a prefix, newest first."""
        ...


class ArtifactArchives(Protocol):
    """The artifacts of runs."""

    def reserve(self, run: str, name: str, media: str, expires: datetime | None) -> Upload | str:
        """Take a name, or say why not. Raises WorkflowError for one that is not allowed."""
        ...

    def finish(self, upload: Upload, size: int, digest: str) -> Artifact | str:
        """As for caches. ``digest`` is ``sha256:…`` of the bytes, or empty."""
        ...

    def listed(self, run: str) -> tuple[tuple[Artifact, bool], ...]:
        """All artifacts of a run by name, each with whether its digest is that of the bytes that
        :meth:`open` gives."""
        ...

    def open(self, artifact: Artifact) -> Content:
        """Raises SetupError where it is damaged or gone."""
        ...

    def delete(self, artifact: Artifact) -> None: ...
