"""The cache of files between runs, as actions see it."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec


class CacheScope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cache: the repository, the refs that may be read in order, and the one written."""

    repository: str
    write: str
    read: tuple[str, ...]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did. ``reason`` says why it missed, or what it did instead; ``trouble`` says
    that the cache itself is to blame for it, and somebody should look."""

    hit: Literal["exact", "prefix", "none"]
    key: str = ""
    files_written: int = 0
    bytes_written: int = 0
    seconds: float = 0.0
    reason: str = ""
    trouble: bool = False


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What a save did; ``reason`` says why nothing was saved, ``trouble`` as in Restored."""

    saved: bool
    reason: str = ""
    files: int = 0
    bytes_stored: int = 0
    seconds: float = 0.0
    trouble: bool = False


class Cache(Protocol):
    """Keeps trees of files under keys. ``paths`` are patterns, relative to ``workspace`` or
    absolute, with ``~`` for ``home``; their list is part of an entry's version.

    Raises WorkflowError for a key or path that is not allowed.
    """

    async def restore(
        self,
        scope: CacheScope,
        keys: tuple[str, ...],
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
        lookup_only: bool = False,
    ) -> Restored:
        """The first key exactly, then each key as a prefix, newest entry first."""
        ...

    async def save(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> Saved:
        """Keep the files under a new key; an existing entry never changes."""
        ...

    async def done(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> None:
        """The job that had restored this key exactly has no need to save: time counts so far."""
        ...
