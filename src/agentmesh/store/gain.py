"""What each cache is worth: how often it hits, and the time it saves. SQL; called by cache.py and
care.py.

A cache here is a list of paths (an entry's version) in a repository. The time from a miss to the
save that follows it is what a job takes without the cache, the time from a hit to the job's end
what it takes with it, restore included. The difference, each of the last time, is what a hit
gains: the rest of the job is in both.
"""

from __future__ import annotations

import sqlite3

import msgspec

from agentmesh.store import database

_PENDING_SECONDS = 86400.0
_MISSES = 3
"""So many misses without a hit are worth a warning."""
_NOTICED = 1.0
"""Seconds lost from which on a cache is warned of."""


class Family(msgspec.Struct, frozen=True):
    """One cache. ``cold`` and ``warm`` are the last times without and with it, in seconds, None
    while one is not known."""

    version: str
    paths: str
    hits: int = 0
    misses: int = 0
    bytes: int = 0
    seconds: float = 0.0
    cold: float | None = None
    warm: float | None = None

    @property
    def gain(self) -> float | None:
        """Seconds that all hits together have saved; negative where they cost more."""
        if self.cold is None or not self.hits:
            return None
        mean = self.seconds / self.hits
        return self.hits * (self.cold - (mean if self.warm is None else self.warm))

    @property
    def warning(self) -> str:
        """What is wrong with this cache, for people; empty where nothing is."""
        if not self.hits and self.misses >= _MISSES:
            return f"it has never hit, in {self.misses} restores"
        if self.gain is not None and self.gain <= -_NOTICED:
            return f"its hits have cost {-self.gain:.1f} s more than they have saved"
        return ""


def restored(
    connection: sqlite3.Connection,
    repository: str,
    version: str,
    paths: str,
    key: str,
    hit: str,
    size: int,
    seconds: float,
    now: float,
) -> None:
    """Count a restore, and remember when it began until :func:`ended`."""
    found = hit != "none"
    with database.transaction(connection):
        connection.execute(
            "INSERT INTO family (repository, version, paths, hits, misses, bytes, seconds)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (repository, version) DO UPDATE SET"
            " hits = hits + excluded.hits, misses = misses + excluded.misses,"
            " bytes = bytes + excluded.bytes, seconds = seconds + excluded.seconds",
            (repository, version, paths, int(found), int(not found), size, seconds),
        )
        connection.execute(
            "INSERT OR REPLACE INTO pending VALUES (?, ?, ?, ?, ?)",
            (repository, version, key, now - seconds, hit),
        )
        connection.execute("DELETE FROM pending WHERE at < ?", (now - _PENDING_SECONDS,))


def ended(
    connection: sqlite3.Connection, repository: str, version: str, key: str, now: float
) -> None:
    """A job has come to where it saves what it restored under a key."""
    with database.transaction(connection):
        row = connection.execute(
            "SELECT at, hit FROM pending WHERE repository = ? AND version = ? AND key = ?",
            (repository, version, key),
        ).fetchone()
        if row is None or now < row[0]:  # a clock that was set back tells no time
            return
        column = {"exact": "warm", "none": "cold"}.get(row[1])
        connection.execute(
            "DELETE FROM pending WHERE repository = ? AND version = ? AND key = ?",
            (repository, version, key),
        )
        if column:
            connection.execute(
                f"UPDATE family SET {column} = ? WHERE repository = ? AND version = ?",
                (now - row[0], repository, version),
            )


def families(connection: sqlite3.Connection, repository: str) -> list[Family]:
    """The caches of a repository, the most used first."""
    rows = connection.execute(
        "SELECT version, paths, hits, misses, bytes, seconds, cold, warm FROM family"
        " WHERE repository = ? ORDER BY hits + misses DESC, version",
        (repository,),
    )
    return [Family(*row) for row in rows]
