"""The cache: trees of files under keys, as actions/cache has them. Implements ports/cache.py.

Called by built-in actions on the engine's loop (the work is done in threads) and, through
:mod:`agentmesh.app.records`, by ``agentmesh cache``. GitHub's rules ("Dependency caching
reference"): an entry never changes once written; scopes are looked through in order; in each the
first key counts exactly, then each key as a prefix, the newest entry first. The list of paths is
part of an entry's identity (patterns.py).

Crash safety: an entry is reserved, its content stored (blobs.py), then both become visible in one
durable transaction. A reservation whose process died is free again. A store that fails never fails
a job: :meth:`FileCache.restore` misses and :meth:`FileCache.save` saves nothing, with the reason.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.cache import CacheScope, Restored, Saved
from agentmesh.store import (
    alive,
    blobs,
    dialect,
    entries,
    gain,
    holders,
    index,
    missing,
    patterns,
    tree,
)
from agentmesh.store.layout import unusable

if TYPE_CHECKING:
    from agentmesh.store.entries import Entry
    from agentmesh.store.layout import Layout
    from agentmesh.store.patterns import Pattern

_KEY_LENGTH = 512
_KEYS = 10
_TRIES = 5
_BLOCK = 1 << 20


class Limits(msgspec.Struct, frozen=True):
    """How much is kept: bytes for each repository, and days without use. GitHub's defaults."""

    bytes: int = 10 << 30
    days: float = 7.0


class FileCache:
    """The cache of one store. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        layout: Layout,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._limits = limits or Limits()
        self._now = clock

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
        """See ports/cache.py."""
        from asyncio import to_thread

        try:
            return await to_thread(
                self.restore_now, scope, keys, paths, workspace, home, lookup_only
            )
        except SetupError as error:
            return Restored(hit="none", reason=error.message, trouble=True)

    async def save(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> Saved:
        """See ports/cache.py."""
        from asyncio import to_thread

        try:
            return await to_thread(self.save_now, scope, key, paths, workspace, home)
        except SetupError as error:
            return Saved(saved=False, reason=error.message, trouble=True)

    async def done(
        self,
        scope: CacheScope,
        key: str,
        paths: tuple[str, ...],
        *,
        workspace: str,
        home: str,
    ) -> None:
        """See ports/cache.py."""
        from asyncio import to_thread
        from contextlib import suppress

        with suppress(SetupError):  # a time that is not counted harms nobody
            await to_thread(self.done_now, scope, key, paths, workspace, home)

    def done_now(
        self, scope: CacheScope, key: str, paths: tuple[str, ...], workspace: str, home: str
    ) -> None:
        """:meth:`done`, for callers that have no loop."""
        version = patterns.version(patterns.parse(paths, workspace, home))
        with index.opened(self._layout) as connection:
            gain.ended(connection, scope.repository, version, key, self._now())

    def restore_now(
        self,
        scope: CacheScope,
        keys: tuple[str, ...],
        paths: tuple[str, ...],
        workspace: str,
        home: str,
        lookup_only: bool = False,
    ) -> Restored:
        """:meth:`restore`, for callers that have no loop. Raises SetupError where the store
        fails; content that is damaged is a miss."""
        check_keys(keys)
        wanted = patterns.parse(paths, workspace, home)
        with index.opened(self._layout) as connection:
            others = tuple(dialect.versions(paths).values())
            return self._restore(
                connection, scope, keys, wanted, others, workspace, home, lookup_only=lookup_only
            )

    def save_now(
        self, scope: CacheScope, key: str, paths: tuple[str, ...], workspace: str, home: str
    ) -> Saved:
        """:meth:`save`, for callers that have no loop. Raises SetupError where the store fails."""
        check_keys((key,))
        wanted = patterns.parse(paths, workspace, home)
        begun = time.monotonic()
        with index.opened(self._layout) as connection:
            saved = self._save(connection, scope, key, wanted, paths, workspace, home)
        return msgspec.structs.replace(saved, seconds=time.monotonic() - begun)

    def _restore(
        self,
        connection: sqlite3.Connection,
        scope: CacheScope,
        keys: tuple[str, ...],
        wanted: tuple[Pattern, ...],
        others: tuple[str, ...],
        workspace: str,
        home: str,
        *,
        lookup_only: bool,
    ) -> Restored:
        begun = time.monotonic()
        version = patterns.version(wanted)
        found = entries.lookup(connection, scope, keys, version, others)
        if found is None:
            reason = missing.why(connection, scope, keys[0], version, self._now())
            entries.note_miss(connection, scope.repository)
            if not lookup_only:
                self._count(connection, scope, wanted, keys[0], Restored(hit="none"))
            return Restored(hit="none", reason=reason)
        entry, hit = found
        if lookup_only:
            return Restored(hit=hit, key=entry.key, reason="looked up only")
        owner = alive.owner()
        if not entries.pin(connection, entry, owner, self._now()):
            return Restored(hit="none", reason=f"{entry.key!r} has just been pruned")
        damage, files, size = "", 0, 0
        try:
            files, size = _write(self._layout, connection, entry, wanted, workspace, home)
        except (blobs.Damaged, tree.Unsafe, ValueError) as error:
            damage = f"{entry.key!r} was dropped, as it is damaged: {error}"
        except OSError as error:
            place = error.filename or workspace
            reason = f"cannot write {place}: {error.strerror}"
            return Restored(hit="none", reason=reason, trouble=True)
        finally:
            entries.unpin(connection, entry, owner)
        if damage:
            drop_damaged(self._layout, connection, entry, self._now())
            return Restored(hit="none", reason=damage.partition("\n")[0], trouble=True)
        seconds = time.monotonic() - begun
        entries.note_use(connection, entry, hit, size, seconds, self._now())
        restored = Restored(
            hit=hit, key=entry.key, files_written=files, bytes_written=size, seconds=seconds
        )
        self._count(connection, scope, wanted, keys[0], restored)
        return restored

    def _count(
        self,
        connection: sqlite3.Connection,
        scope: CacheScope,
        wanted: tuple[Pattern, ...],
        key: str,
        restored: Restored,
    ) -> None:
        gain.restored(
            connection,
            scope.repository,
            patterns.version(wanted),
            "\n".join(map(str, wanted)),
            key,
            restored.hit,
            restored.bytes_written,
            restored.seconds,
            self._now(),
        )

    def _save(
        self,
        connection: sqlite3.Connection,
        scope: CacheScope,
        key: str,
        wanted: tuple[Pattern, ...],
        written: tuple[str, ...],
        workspace: str,
        home: str,
    ) -> Saved:
        version, paths = patterns.version(wanted), "\n".join(map(str, wanted))
        now = self._now()
        gain.ended(connection, scope.repository, version, key, now)
        others = dialect.versions(written).values()
        reserved = entries.reserve(connection, scope, key, version, paths, now, others)
        if isinstance(reserved, str):
            return Saved(saved=False, reason=reserved)
        saved = Saved(saved=False)
        try:
            for _ in range(_TRIES):
                try:
                    saved = self._keep(connection, reserved, wanted, workspace, home)
                    break
                except blobs.Vanished:
                    saved = Saved(saved=False, reason="the cache was pruned meanwhile; try again")
        finally:
            if not saved.saved:
                entries.unreserve(connection, reserved)
        if saved.saved:
            dialect.note(connection, written, version)
        evict(self._layout, connection, scope.repository, self._limits, self._now(), key)
        return saved

    def _keep(
        self,
        connection: sqlite3.Connection,
        reserved: entries.Reservation,
        wanted: tuple[Pattern, ...],
        workspace: str,
        home: str,
    ) -> Saved:
        from agentmesh.store import memo
        from agentmesh.store.survey import survey

        called = memo.name(workspace, home, patterns.version(wanted))
        known = memo.load(self._layout, called)
        with blobs.Ingest(self._layout, connection) as ingest:
            try:
                found = survey(wanted, workspace, home, known, ingest)
                items, odd = found.items, found.odd
            except OSError as error:
                if blobs.is_full(error):
                    raise unusable(self._layout.root, error) from error
                return Saved(saved=False, reason=f"cannot read {error.filename}: {error.strerror}")
            if not items:
                return Saved(saved=False, reason=f"nothing is there: {', '.join(map(str, wanted))}")
            shared = found.same and holders.has_tree(connection, known.manifest)
            if shared and ingest.reuse(known.manifest):
                manifest = known.manifest
            else:
                shared = False
                if found.same and not _has_all(items, ingest):
                    found = survey(wanted, workspace, home, memo.Memo(), ingest)
                    items = found.items
                manifest = ingest.add(tree.encode(items))
            files = sum(item.kind != tree.FOLDER for item in items)
            size = sum(item.size for item in items)

            def enter(connection: sqlite3.Connection, ids: dict[bytes, int]) -> None:
                now = self._now()
                if not entries.make_ready(connection, reserved, manifest, files, size, now):
                    raise SetupError("the reservation of the key was lost to another job")
                number = ids[manifest]
                if not shared:
                    holders.refer(connection, holders.TREE, number, set(ids.values()))
                elif not holders.is_tree(connection, number):
                    raise blobs.Vanished
                holders.refer(connection, entries.HOLDER, reserved.id, (number,))

            ingest.commit(enter)
            if not shared:
                memo.keep(self._layout, called, memo.Memo(manifest, items, found.seen))
            reason = f"left out {len(odd)} special files, {odd[0]} among them" if odd else ""
            return Saved(saved=True, reason=reason, files=files, bytes_stored=ingest.stored)


def _has_all(items: list[tree.Item], ingest: blobs.Ingest) -> bool:
    """Take what a memo vouched for unread; False where the store has lost some of it."""
    return all(ingest.reuse(item.digest) for item in items if item.kind == tree.FILE)


def evict(
    layout: Layout,
    connection: sqlite3.Connection,
    repository: str,
    limits: Limits,
    now: float,
    saved: str = "",
) -> None:
    """Keep a repository below its limits. Other repositories wait for their own saves. ``saved``
    is the key that has just come, for those who ask what became of another."""
    all_ = entries.listed(connection, repository)
    old = [entry for entry in all_ if entry.used < now - 86400.0 * limits.days]
    dropped = entries.drop(connection, old, "not used for too long", now) if old else []
    rest = [entry for entry in all_ if entry not in old]
    excess = entries.over_size(rest, limits.bytes)
    if excess:
        why = f"evicted for size, to make room for {saved!r}" if saved else "evicted for size"
        dropped += entries.drop(connection, excess, why, now)
    if dropped:
        holders.collect(layout, connection)


def drop_damaged(layout: Layout, connection: sqlite3.Connection, entry: Entry, now: float) -> None:
    """Drop a damaged entry, and forget its content so that a new save stores it anew."""
    needed = holders.needed(connection, entries.HOLDER, entry.id)
    bad = holders.damaged(layout, connection, needed)
    entries.drop(connection, [entry], "damaged", now)
    holders.forget(connection, bad)
    holders.collect(layout, connection)


def check_keys(keys: tuple[str, ...]) -> None:
    """GitHub's rules for keys. Raises WorkflowError."""
    if not keys:
        raise WorkflowError("a cache needs a key", remedy="give one with `key`")
    if len(keys) > _KEYS:
        raise WorkflowError(
            f"{len(keys)} keys are given, and at most {_KEYS} are allowed",
            remedy="name fewer restore keys",
        )
    for key in keys:
        if not key.strip():
            raise WorkflowError("a cache key is empty", remedy="give it a text")
        if len(key) > _KEY_LENGTH:
            raise WorkflowError(
                f"the cache key {key[:40]!r}… has {len(key)} characters, and at most "
                f"{_KEY_LENGTH} are allowed",
                remedy="shorten it, for example with hashFiles",
            )
        if "," in key or "\n" in key:
            raise WorkflowError(
                f"the cache key {key!r} holds a comma or a line break",
                remedy="use another character",
            )


def manifest(reader: blobs.Reader, entry: Entry) -> list[tree.Item]:
    """An entry's list of files. Raises Damaged."""
    if entry.form != dialect.TREE:
        from agentmesh.store import unpack

        return unpack.listed(reader, entry)
    try:
        return tree.decode(reader.get(entry.manifest))
    except msgspec.DecodeError as error:
        raise blobs.Damaged(entry.manifest, str(error)) from error


def _write(
    layout: Layout,
    connection: sqlite3.Connection,
    entry: Entry,
    wanted: tuple[Pattern, ...],
    workspace: str,
    home: str,
) -> tuple[int, int]:
    """Bring the target to what the entry holds; files and bytes written."""
    from agentmesh.store import memo
    from agentmesh.store.compare import compare, touch
    from agentmesh.store.fill import fill

    targets = _Targets(wanted, workspace, home)
    with blobs.Reader(layout, connection) as reader:
        if entry.form != dialect.TREE:
            from agentmesh.store import unpack

            return unpack.write(reader, entry, targets.of)
        items = manifest(reader, entry)
        called = memo.name(workspace, home, patterns.version(wanted))
        known = memo.load(layout, called)
        before = {
            (item.anchor, item.path): (item, seen)
            for item, seen in zip(known.items, known.seen, strict=True)
        }
        found = compare(items, targets.of, before, _digest_of(), time.time_ns())
        counts = fill(reader, found.missing)
        for place, item in found.touch:
            touch(place, item)
    if found.hashed or known.manifest != entry.manifest:
        seen = found.seen
        if known.manifest == entry.manifest:
            seen = [new if new.ctime else old for new, old in zip(seen, known.seen, strict=True)]
        memo.keep(layout, called, memo.Memo(entry.manifest, items, seen))
    return counts


def _digest_of() -> Callable[[int], bytes]:
    """How what a descriptor gives is hashed."""
    from blake3 import blake3

    def digest_of(descriptor: int) -> bytes:
        data = os.read(descriptor, _BLOCK)
        if len(data) < _BLOCK:
            rest = os.read(descriptor, _BLOCK)
            if not rest:
                return blake3(data).digest()
        else:
            rest = b""
        hasher = blake3(data)
        hasher.update(rest)
        while chunk := os.read(descriptor, _BLOCK):
            hasher.update(chunk)
        return hasher.digest()

    return digest_of


class _Targets:
    """Where an entry's items go: a folder that exists by the user's will, links in its path and
    all, and from there on a path in which no link is followed.

    For the workspace that is the workspace. Below the home and elsewhere it is the folder that
    holds what a pattern names: ``~/.cache`` may be a link to another disk, ``/lib`` to ``usr/lib``.
    """

    def __init__(self, wanted: tuple[Pattern, ...], workspace: str, home: str) -> None:
        self._workspace = workspace
        self._bases = {patterns.HOME: home, patterns.ROOT: "/"}
        self._fixed: dict[str, list[tuple[str, ...]]] = {}
        for pattern in wanted:
            if not pattern.exclude:
                self._fixed.setdefault(pattern.anchor, []).append(pattern.fixed)

    def of(self, item: tree.Item) -> tuple[str, str]:
        """The folder to start from and the path below it. Raises Unsafe for an item that no
        pattern has asked for."""
        segments = tree.safe(item.path)
        for fixed in self._fixed.get(item.anchor, ()):
            if segments[: len(fixed)] != fixed:
                continue
            if item.anchor == patterns.WORKSPACE:
                return self._workspace, item.path
            above = fixed[:-1]
            root = os.path.realpath(os.path.join(self._bases[item.anchor], *above))
            return root, "/".join(segments[len(above) :])
        raise tree.Unsafe(f"{item.path!r} is none of the paths asked for")
