"""Opens a SQLite database of the store: WAL, a time-out while others write, migrations.

Called by history.py and index.py. Opening an existing database costs three pragmas (0.2 ms). A
database is made, or brought up to date, in one transaction, so that several processes may start
at once. Migrations only ever add to the list; ``user_version`` counts those that are applied.

Durability: ``synchronous=NORMAL``. A killed process loses nothing it committed; a power failure
may lose the last transactions but never the database. Whoever needs more says so with
:func:`transaction`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.store import layout

BUSY_SECONDS = 30.0


def connect(path: str, migrations: tuple[str, ...], *, create: bool = True) -> sqlite3.Connection:
    """A connection in autocommit mode, its schema up to date.

    With ``create`` false a database that is not there is an empty one in memory: readers make no
    files. Raises SetupError for a database that is damaged, of a newer version, or out of reach.
    """
    if not create and not os.path.exists(path):
        path = ":memory:"
    elif not os.path.isdir(os.path.dirname(path)):
        layout.make(os.path.dirname(path))
    with guard(path):
        if path != ":memory:" and not os.path.exists(path):
            # SQLite would make it readable for all; its companions take its permissions over.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        # One thread at a time uses a connection, not always the one that opened it.
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, path, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str, migrations: tuple[str, ...]) -> None:
    version = _version(connection)
    if version == 0 and path != ":memory:":
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    if version > len(migrations):
        raise SetupError(
            f"{path} was written by a newer agentmesh (schema {version}, this one knows "
            f"{len(migrations)})",
            remedy="use that version, or another folder with --store DIR",
        )
    if version < len(migrations):
        _migrate(connection, migrations)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection, migrations: tuple[str, ...]) -> None:
    """Apply what is missing. Another process may have been quicker: look again under the lock."""
    with transaction(connection):
        version = _version(connection)
        for script in migrations[version:]:
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")


@contextmanager
def transaction(connection: sqlite3.Connection, *, durable: bool = False) -> Iterator[None]:
    """One write transaction, rolled back on any exception.

    ``durable`` waits until it is on the disk, so that it outlives a power failure.
    """
    if durable:
        connection.execute("PRAGMA synchronous=FULL")
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    finally:
        if durable:
            connection.execute("PRAGMA synchronous=NORMAL")


@contextmanager
def guard(path: str) -> Iterator[None]:
    """Turn what SQLite reports into an error a user can act upon."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(path, error) from error
    except OSError as error:
        raise layout.unusable(path, error) from error


def explain(path: str, error: sqlite3.Error) -> AgentmeshError:
    """What a database error means, and the remedy."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError) and ("locked" in text or "busy" in text):
        return SetupError(
            f"another process has been writing to {path} for {BUSY_SECONDS:.0f} s",
            remedy="wait for it to end, or end it",
        )
    if isinstance(error, sqlite3.OperationalError) and "full" in text:
        return SetupError(
            f"no space left for {path}",
            remedy="free space, or prune with `agentmesh history --prune` and "
            "`agentmesh cache prune`",
        )
    if isinstance(error, sqlite3.OperationalError):
        return SetupError(
            f"cannot use {path}: {text}",
            remedy="see to its folder's permissions, or name another store with --store DIR",
        )
    return SetupError(
        f"{path} is damaged: {text}",
        remedy=f"move it away (`mv {path} {path}.damaged`); agentmesh then starts a new one",
    )
