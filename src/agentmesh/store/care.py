"""Looking after the cache: what there is, whether it is whole, and what may go.

Called by :mod:`agentmesh.app.caching` for ``agentmesh cache ls|show|stats|verify|prune|explain``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from agentmesh.store import blobs, dialect, entries, gain, holders, index, missing, patterns, tree
from agentmesh.store.cache import Limits, check_keys, manifest
from agentmesh.store.gain import Family

if TYPE_CHECKING:
    from agentmesh.ports.cache import CacheScope
    from agentmesh.store.entries import Entry
    from agentmesh.store.layout import Layout
    from agentmesh.store.missing import Missing


class Broken(msgspec.Struct, frozen=True):
    """An entry that cannot be read back whole, and why."""

    entry: Entry
    why: str


class Pruned(msgspec.Struct, frozen=True):
    """What a prune did. ``files`` counts what killed processes had left behind."""

    entries: int
    bytes: int
    files: int


class Usage(msgspec.Struct, frozen=True):
    """How restores of a repository went: ``hits`` maps exact, prefix and none to a number;
    ``families`` are its caches, each with what it is worth."""

    repository: str
    entries: int
    size: int
    hits: dict[str, int]
    bytes_restored: int
    seconds: float
    families: list[Family] = []


class CacheCare:
    """The cache of one store, for those who look after it. ``clock`` as in cache.py."""

    def __init__(
        self,
        layout: Layout,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._limits = limits or Limits()
        self._now = clock

    def listed(self, repository: str | None = None) -> list[Entry]:
        """Entries, the newest first; of one repository, or of all."""
        with index.opened(self._layout, create=False) as connection:
            return entries.listed(connection, repository)

    def items(self, entry: Entry) -> list[tree.Item]:
        """The files, folders and links of an entry. Raises Damaged."""
        with (
            index.opened(self._layout, create=False) as connection,
            blobs.Reader(self._layout, connection) as reader,
        ):
            return manifest(reader, entry)

    def verify(self) -> tuple[int, list[Broken]]:
        """Read everything back, each content once: how many entries there are, and the broken
        ones. Those are dropped with their content, so that the next save stores it anew."""
        broken = []
        with index.opened(self._layout, create=False) as connection:
            needs = {
                entry: holders.needed(connection, entries.HOLDER, entry.id)
                for entry in entries.listed(connection)
            }
            bad = holders.damaged(self._layout, connection, set().union(*needs.values()))
            for entry, digests in needs.items():
                why = [bad[digest] for digest in digests if digest in bad]
                if entry.manifest not in digests or holders.missing(
                    connection, entries.HOLDER, entry.id
                ):
                    why.append("some of its content is missing")
                if why:
                    broken.append(Broken(entry, why[0]))
            if broken:
                doomed = [each.entry for each in broken]
                entries.drop(connection, doomed, "damaged", self._now())
                holders.forget(connection, bad)
                holders.collect(self._layout, connection)
        return len(needs), broken

    def prune(
        self,
        repository: str | None = None,
        *,
        prefix: str = "",
        days: float | None = None,
        everything: bool = False,
    ) -> Pruned:
        """Drop entries that were not used for some days (default: the limit), or all; only those
        whose key begins with ``prefix``. Then what is over the size limit, and what is left of
        killed processes."""
        now = self._now()
        limit = now - 86400.0 * (self._limits.days if days is None else days)
        with index.opened(self._layout) as connection:
            old = [
                entry
                for entry in entries.listed(connection, repository)
                if entry.key.startswith(prefix) and (everything or entry.used <= limit)
            ]
            dropped = len(entries.drop(connection, old, "pruned", now))
            rest = entries.listed(connection, repository)
            for name in sorted({entry.repository for entry in rest}):
                own = [entry for entry in rest if entry.repository == name]
                excess = entries.over_size(own, self._limits.bytes)
                dropped += len(entries.drop(connection, excess, "evicted for size", now))
            freed = holders.collect(self._layout, connection)
            swept = holders.sweep(self._layout, connection, now)
        return Pruned(dropped, freed, swept)

    def usage(self) -> list[Usage]:
        """For each repository, what it keeps and how its restores went."""
        with index.opened(self._layout, create=False) as connection:
            sizes = {
                row[0]: (row[1], row[2])
                for row in connection.execute(
                    "SELECT repository, count(*), sum(size) FROM entry"
                    " WHERE state = 'ready' GROUP BY 1"
                )
            }
            uses: dict[str, list[tuple[str, int, int, float]]] = {}
            for repository, hit, count, size, seconds in connection.execute(
                "SELECT repository, hit, count, bytes, seconds FROM use"
            ):
                uses.setdefault(repository, []).append((hit, count, size, seconds))
            families = {name: gain.families(connection, name) for name in {*sizes, *uses}}
        return [
            Usage(
                repository=name,
                entries=sizes.get(name, (0, 0))[0],
                size=sizes.get(name, (0, 0))[1],
                hits={hit: count for hit, count, _, _ in uses.get(name, ())},
                bytes_restored=sum(size for _, _, size, _ in uses.get(name, ())),
                seconds=sum(seconds for _, _, _, seconds in uses.get(name, ())),
                families=families[name],
            )
            for name in sorted({*sizes, *uses})
        ]

    def stored_bytes(self) -> int:
        """What all content takes on the disk, caches and artifacts together."""
        with index.opened(self._layout, create=False) as connection:
            return int(connection.execute("SELECT coalesce(sum(size), 0) FROM pack").fetchone()[0])

    def explain(
        self,
        scope: CacheScope,
        keys: tuple[str, ...],
        paths: tuple[str, ...],
        workspace: str,
        home: str,
    ) -> tuple[Entry, str] | Missing:
        """The entry a restore would take and with which hit, or why there is none. Without paths
        an entry is found whatever it was saved for."""
        check_keys(keys)
        version = patterns.version(patterns.parse(paths, workspace, home)) if paths else None
        with index.opened(self._layout, create=False) as connection:
            if version is not None:
                versions = {version, *dialect.versions(paths).values()}
            else:
                versions = {each.version for each in entries.listed(connection, scope.repository)}
            found = entries.lookup(connection, scope, keys, "", versions)
            if found is not None:
                return found
            return missing.explain(connection, scope, keys[0], version, self._now())
