"""Why a restore found nothing: all that the index can tell. Called by cache.py,
archive_cache.py and care.py.

What is looked for: the same key for other paths, in a scope that is not read, as an entry that is
gone (who removed it and when), being saved at this moment; and the keys that come nearest.
"""

from __future__ import annotations

import sqlite3

import msgspec

from agentmesh.ports.cache import CacheScope
from agentmesh.store import alive, entries, keyparts
from agentmesh.store.entries import Entry
from agentmesh.store.keyparts import Change

_NEAREST = 3


class Near(msgspec.Struct, frozen=True):
    """An entry that comes near, and what of its key differs. ``readable``: its scope is read."""

    key: str
    scope: str
    readable: bool
    created: float
    paths: tuple[str, ...]
    changes: list[Change]


class Gone(msgspec.Struct, frozen=True):
    """An entry with this very key that was removed: when (seconds since the epoch), and why."""

    scope: str
    at: float
    why: str


class Missing(msgspec.Struct, frozen=True):
    """``reason`` is the likeliest one, for people; the rest is what it was chosen from."""

    reason: str
    other_paths: list[Near] = []
    other_scopes: list[Near] = []
    gone: list[Gone] = []
    nearest: list[Near] = []


def explain(
    connection: sqlite3.Connection,
    scope: CacheScope,
    key: str,
    version: str | None,
    now: float,
) -> Missing:
    """Why a key has missed. ``version`` None: whatever its paths."""
    there = entries.listed(connection, scope.repository)
    same = [entry for entry in there if entry.key == key]
    readable = [entry for entry in same if entry.scope in scope.read]
    other_paths = [e for e in readable if version is not None and e.version != version]
    other_scopes = [e for e in same if e.scope not in scope.read]
    gone = [
        Gone(*row)
        for row in connection.execute(
            "SELECT scope, at, why FROM gone WHERE repository = ? AND key = ? ORDER BY at DESC"
            " LIMIT 10",
            (scope.repository, key),
        )
    ]
    nearest = sorted(
        (entry for entry in there if entry.key != key),
        key=lambda entry: (entry.scope in scope.read, *keyparts.closeness(key, entry.key)),
        reverse=True,
    )[:_NEAREST]
    near = [_near(entry, key, scope) for entry in nearest]
    return Missing(
        reason=_reason(connection, scope, key, there, other_paths, other_scopes, gone, near, now),
        other_paths=[_near(entry, key, scope) for entry in other_paths],
        other_scopes=[_near(entry, key, scope) for entry in other_scopes],
        gone=gone,
        nearest=near,
    )


def why(
    connection: sqlite3.Connection, scope: CacheScope, key: str, version: str, now: float
) -> str:
    """The likeliest reason alone."""
    return explain(connection, scope, key, version, now).reason


def _near(entry: Entry, key: str, scope: CacheScope) -> Near:
    return Near(
        key=entry.key,
        scope=entry.scope,
        readable=entry.scope in scope.read,
        created=entry.created,
        paths=tuple(entry.paths.split("\n")),
        changes=keyparts.changes(key, entry.key),
    )


def _reason(
    connection: sqlite3.Connection,
    scope: CacheScope,
    key: str,
    there: list[Entry],
    other_paths: list[Entry],
    other_scopes: list[Entry],
    gone: list[Gone],
    nearest: list[Near],
    now: float,
) -> str:
    if other_paths:
        paths = other_paths[0].paths.replace("\n", ", ") or "those of a client of its own"
        return f"the key is there, but it was saved for other paths: {paths}"
    if other_scopes:
        return f"the key is there, but in the scope {other_scopes[0].scope}, which is not read here"
    if _is_being_saved(connection, scope, key, now):
        return "the key is being saved at this moment"
    if gone:
        return f"the key was there until {ago(now - gone[0].at)} ago: {gone[0].why}"
    if not there:
        return f"no such key; nothing is cached for {scope.repository} yet"
    if not nearest:
        return "no such key"
    differs = "; ".join(map(str, nearest[0].changes[:3]))
    return f"no such key; the nearest is {nearest[0].key!r}: {differs}"


def _is_being_saved(
    connection: sqlite3.Connection, scope: CacheScope, key: str, now: float
) -> bool:
    rows = connection.execute(
        "SELECT scope, owner FROM entry WHERE repository = ? AND key = ? AND state = 'reserved'"
        " AND lease > ?",
        (scope.repository, key, now),
    ).fetchall()
    return any(name in scope.read and alive.owner_lives(owner) for name, owner in rows)


def ago(seconds: float) -> str:
    """A time that has passed, for people. A clock that was set back has passed none."""
    for unit, name in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(seconds, 0.0):.0f} seconds"
