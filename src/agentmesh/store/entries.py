"""Cache entries in the index: reserving, finding, dropping them. SQL and nothing else.

Called by cache.py and care.py with a connection from index.py. An entry is ``reserved`` while it is
being saved and ``ready`` afterwards; it never changes then. Times are seconds since the epoch.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Literal

import msgspec

from agentmesh.ports.cache import CacheScope
from agentmesh.store import alive, database, holders

HOLDER = "entry"
_LAST = "\U0010ffff"
_LEASE_SECONDS = 6 * 3600.0
_PIN_SECONDS = 6 * 3600.0


class Entry(msgspec.Struct, frozen=True):
    """An entry that is ready. ``paths`` are its patterns, one a line; ``manifest`` is the digest
    of its list of files; ``size`` counts the files' bytes.

    An archive of a client's has another ``form`` (dialect.py): ``manifest`` is then the archive's
    digest, ``size`` its bytes, and ``origin`` the workspace and HOME it was made in, one a line,
    with a third that is not empty where the archive has hard links.
    """

    id: int
    repository: str
    scope: str
    key: str
    version: str
    paths: str
    manifest: bytes
    files: int
    size: int
    created: float
    used: float
    form: str = "tree"
    origin: str = ""


class Reservation(msgspec.Struct, frozen=True):
    """The right to write an entry."""

    id: int
    owner: str


_COLUMNS = ", ".join(Entry.__struct_fields__)


def reserve(
    connection: sqlite3.Connection,
    scope: CacheScope,
    key: str,
    version: str,
    paths: str,
    now: float,
    others: Iterable[str] = (),
) -> Reservation | str:
    """Take a key, or say why not. First come, first served, across processes. An entry of one of
    the ``others``, versions that mean the same, takes it too."""
    owner = alive.owner()
    identity = (scope.repository, scope.write, version, key)
    with database.transaction(connection):
        if taken := _taken(connection, scope, key, others, now):
            return taken
        row = connection.execute(
            "SELECT id, state, owner, lease FROM entry"
            " WHERE repository = ? AND scope = ? AND version = ? AND key = ?",
            identity,
        ).fetchone()
        if row is None:
            cursor = connection.execute(
                "INSERT INTO entry (repository, scope, version, key, paths, state, created, used,"
                " owner, lease) VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?, ?, ?)",
                (*identity, paths, now, now, owner, now + _LEASE_SECONDS),
            )
            return Reservation(int(cursor.lastrowid or 0), owner)
        entry, state, holder, lease = row
        if why := _why_taken(key, state, holder, lease, now):
            return why
        connection.execute(
            "UPDATE entry SET owner = ?, lease = ? WHERE id = ?",
            (owner, now + _LEASE_SECONDS, entry),
        )
        return Reservation(entry, owner)


def _taken(
    connection: sqlite3.Connection, scope: CacheScope, key: str, versions: Iterable[str], now: float
) -> str:
    for version in versions:
        row = connection.execute(
            "SELECT state, owner, lease FROM entry"
            " WHERE repository = ? AND scope = ? AND version = ? AND key = ?",
            (scope.repository, scope.write, version, key),
        ).fetchone()
        if row is not None:
            state, holder, lease = row
            if why := _why_taken(key, state, holder, lease, now):
                return why
    return ""


def _why_taken(key: str, state: str, holder: str, lease: float, now: float) -> str:
    if state == "ready":
        return f"the key {key!r} exists already, and an entry never changes"
    if lease > now and alive.owner_lives(holder):
        return f"the key {key!r} is being saved by another job"
    return ""


def make_ready(
    connection: sqlite3.Connection,
    reservation: Reservation,
    manifest: bytes,
    files: int,
    size: int,
    now: float,
    *,
    form: str = "tree",
    origin: str = "",
) -> bool:
    """Let others see the entry. False where the reservation was lost. In a transaction."""
    cursor = connection.execute(
        "UPDATE entry SET state = 'ready', manifest = ?, files = ?, size = ?, created = ?,"
        " used = ?, form = ?, origin = ?, owner = '', lease = 0"
        " WHERE id = ? AND owner = ? AND state = 'reserved'",
        (manifest, files, size, now, now, form, origin, reservation.id, reservation.owner),
    )
    return cursor.rowcount == 1


def unreserve(connection: sqlite3.Connection, reservation: Reservation) -> None:
    """Give a key back."""
    connection.execute(
        "DELETE FROM entry WHERE id = ? AND owner = ? AND state = 'reserved'",
        (reservation.id, reservation.owner),
    )


def listed(connection: sqlite3.Connection, repository: str | None = None) -> list[Entry]:
    """Entries that are ready, the newest first; of one repository, or of all."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entry WHERE state = 'ready' AND (:of IS NULL OR repository = :of)"
        " ORDER BY created DESC, id DESC",
        {"of": repository},
    )
    return [Entry(*row) for row in rows]


def lookup(
    connection: sqlite3.Connection,
    scope: CacheScope,
    keys: tuple[str, ...],
    version: str,
    others: Iterable[str] = (),
) -> tuple[Entry, Literal["exact", "prefix"]] | None:
    """What a restore gets: in each scope the first key exactly, then each key as a prefix.
    ``others`` are versions that mean the same."""
    versions = (version, *others)
    for name in scope.read:
        where = (scope.repository, name)
        exact = _newest(connection, where, versions, "key = ?", (keys[0],))
        if exact is not None:
            return exact, "exact"
        for key in keys:
            near = _newest(connection, where, versions, "key >= ? AND key < ?", (key, key + _LAST))
            if near is not None:
                return near, "prefix"
    return None


def _newest(
    connection: sqlite3.Connection,
    where: tuple[str, str],
    versions: tuple[str, ...],
    condition: str,
    values: tuple[str, ...],
) -> Entry | None:
    # A range instead of LIKE, for which `_` and `%` in a key would be wildcards.
    marks = ", ".join("?" * len(versions))
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM entry WHERE repository = ? AND scope = ? AND version IN ({marks})"
        f" AND {condition} AND state = 'ready' ORDER BY created DESC, id DESC LIMIT 1",
        (*where, *versions, *values),
    ).fetchone()
    return None if row is None else Entry(*row)


def pin(connection: sqlite3.Connection, entry: Entry, owner: str, now: float) -> bool:
    """Keep an entry while it is read. False where it has just gone."""
    with database.transaction(connection):
        connection.execute(
            "INSERT OR REPLACE INTO pin SELECT id, ?, ? FROM entry WHERE id = ?",
            (owner, now + _PIN_SECONDS, entry.id),
        )
        return int(connection.execute("SELECT changes()").fetchone()[0]) == 1


def unpin(connection: sqlite3.Connection, entry: Entry, owner: str) -> None:
    """The reverse of :func:`pin`."""
    connection.execute("DELETE FROM pin WHERE entry = ? AND owner = ?", (entry.id, owner))


def note_use(
    connection: sqlite3.Connection,
    entry: Entry,
    hit: str,
    size: int,
    seconds: float,
    now: float,
) -> None:
    """Remember that an entry was of use, and count."""
    with database.transaction(connection):
        connection.execute("UPDATE entry SET used = ? WHERE id = ?", (now, entry.id))
        _count(connection, entry.repository, hit, size, seconds)


def note_miss(connection: sqlite3.Connection, repository: str) -> None:
    """Count a restore that found nothing."""
    with database.transaction(connection):
        _count(connection, repository, "none", 0, 0.0)


def _count(
    connection: sqlite3.Connection, repository: str, hit: str, size: int, seconds: float
) -> None:
    connection.execute(
        "INSERT INTO use VALUES (?, ?, 1, ?, ?) ON CONFLICT (repository, hit) DO UPDATE SET"
        " count = count + 1, bytes = bytes + excluded.bytes, seconds = seconds + excluded.seconds",
        (repository, hit, size, seconds),
    )


def drop(
    connection: sqlite3.Connection, entries: Iterable[Entry], why: str, now: float
) -> list[Entry]:
    """Remove entries unless somebody is reading them; those removed. ``why`` is told to whoever
    asks for one later. Their space is freed by :func:`agentmesh.store.blobs.collect`."""
    dropped = []
    with database.transaction(connection):
        for entry in entries:
            pins = connection.execute(
                "SELECT owner FROM pin WHERE entry = ? AND until > ?", (entry.id, now)
            ).fetchall()
            if any(alive.owner_lives(owner) for (owner,) in pins):
                continue
            connection.execute("DELETE FROM pin WHERE entry = ?", (entry.id,))
            connection.execute("DELETE FROM entry WHERE id = ?", (entry.id,))
            holders.release(connection, HOLDER, entry.id)
            connection.execute(
                "INSERT INTO gone VALUES (?, ?, ?, ?, ?, ?)",
                (entry.repository, entry.scope, entry.key, entry.version, now, why),
            )
            dropped.append(entry)
        connection.execute("DELETE FROM gone WHERE at < ?", (now - 30 * 86400.0,))
    return dropped


def over_size(entries: Iterable[Entry], limit: int) -> list[Entry]:
    """Which entries of a repository are too many: the longest unused, until 90 % of the limit
    are left. The one used last stays, even where it alone is too large. Pure."""
    kept = sorted(entries, key=lambda entry: entry.used, reverse=True)
    if sum(entry.size for entry in kept) <= limit:
        return []
    excess = []
    left = limit * 9 // 10
    for entry in kept:
        left -= entry.size
        if left < 0 and entry is not kept[0]:
            excess.append(entry)
    return excess
