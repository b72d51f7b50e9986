"""Who needs which content, and removing what nobody needs.

Called by cache.py, care.py and artifacts.py; the content itself is in blobs.py. A *holder* is an
entry of the cache or an artifact: a word and a number. Nothing that a holder refers to is removed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable

from agentmesh.store import alive, database
from agentmesh.store.blobs import Damaged, Reader, order, unlink
from agentmesh.store.layout import Layout

TREE = "tree"
"""The holder that a list of files is: its number is that of the list's own content, so entries
with the same list share what it refers to."""
_ORPHAN_SECONDS = 3600.0
_MEMO_SECONDS = 8 * 86400.0


def refer(
    connection: sqlite3.Connection, holder: str, holder_id: int, blobs: Iterable[int]
) -> None:
    """Say that an entry or an artifact needs content. In a transaction."""
    connection.executemany(
        "INSERT OR IGNORE INTO ref VALUES (?, ?, ?)", ((holder, holder_id, blob) for blob in blobs)
    )


def release(connection: sqlite3.Connection, holder: str, holder_id: int) -> None:
    """The reverse of :func:`refer`. In a transaction; :func:`collect` frees the space."""
    connection.execute("DELETE FROM ref WHERE holder = ? AND id = ?", (holder, holder_id))


_ALL = (
    "SELECT blob FROM ref WHERE holder = :holder AND id = :id"
    " UNION SELECT t.blob FROM ref r JOIN ref t ON t.holder = 'tree' AND t.id = r.blob"
    " WHERE r.holder = :holder AND r.id = :id"
)
"""What an entry or an artifact refers to, itself and through its list of files."""


def needed(connection: sqlite3.Connection, holder: str, holder_id: int) -> set[bytes]:
    """The digests of what an entry or an artifact refers to. What was forgotten has none."""
    rows = connection.execute(
        f"SELECT digest FROM blob WHERE id IN ({_ALL})", {"holder": holder, "id": holder_id}
    )
    return {row[0] for row in rows}


def has_tree(connection: sqlite3.Connection, digest: bytes) -> bool:
    """Whether a list of files is stored, as a holder of what it names."""
    row = connection.execute("SELECT id FROM blob WHERE digest = ?", (digest,)).fetchone()
    return row is not None and is_tree(connection, row[0])


def is_tree(connection: sqlite3.Connection, blob: int) -> bool:
    """Whether a list of files is a holder of what it names."""
    row = connection.execute("SELECT 1 FROM ref WHERE holder = ? AND id = ? LIMIT 1", (TREE, blob))
    return row.fetchone() is not None


def missing(connection: sqlite3.Connection, holder: str, holder_id: int) -> int:
    """How much of what an entry or an artifact refers to is not there any more."""
    row = connection.execute(
        f"SELECT count(*) FROM ({_ALL}) WHERE blob NOT IN (SELECT id FROM blob)",
        {"holder": holder, "id": holder_id},
    ).fetchone()
    return int(row[0])


def damaged(
    layout: Layout, connection: sqlite3.Connection, digests: Iterable[bytes]
) -> dict[bytes, str]:
    """Read content back: which of it is not whole, and why."""
    bad: dict[bytes, str] = {}
    with Reader(layout, connection) as reader:
        places = reader.places(digests)
        for digest, place in sorted(places.items(), key=lambda item: order(item[1])):
            try:
                for _ in reader.chunks(digest, place):
                    pass
            except Damaged as error:
                bad[digest] = error.why
    return bad


def collect(layout: Layout, connection: sqlite3.Connection) -> int:
    """Remove content that nobody refers to, and packs that hold no other; the bytes freed.

    Space inside a pack that still holds something is freed when little of it is left (repack.py).
    """
    with database.transaction(connection, durable=True):
        connection.execute(
            "DELETE FROM ref WHERE holder = 'tree'"
            " AND id NOT IN (SELECT blob FROM ref WHERE holder <> 'tree')"
        )
        touched = connection.execute(
            "SELECT DISTINCT pack FROM blob WHERE id NOT IN (SELECT blob FROM ref)"
        ).fetchall()
        connection.execute("DELETE FROM blob WHERE id NOT IN (SELECT blob FROM ref)")
        packs = connection.execute(
            "SELECT id, name, size FROM pack WHERE id NOT IN (SELECT pack FROM blob)"
        ).fetchall()
        connection.executemany("DELETE FROM pack WHERE id = ?", ((row[0],) for row in packs))
    for _, name, _ in packs:
        unlink(f"{layout.root}/{name}")
    freed = sum(int(size) for _, _, size in packs)
    if touched:
        from agentmesh.store.repack import repack

        freed += repack(layout, connection, {pack for (pack,) in touched})
    return freed


def forget(connection: sqlite3.Connection, digests: Iterable[bytes]) -> None:
    """Treat damaged content as not there, so that it is stored anew when it comes again.

    Whoever still refers to it finds it missing, which is no worse than finding it damaged. A list
    of files that names it goes too: no new entry may take it over.
    """
    with database.transaction(connection):
        for digest in digests:
            row = connection.execute("SELECT id FROM blob WHERE digest = ?", (digest,)).fetchone()
            if row is None:
                continue
            lists = connection.execute(
                "SELECT id FROM ref WHERE blob = ? AND holder = ?", (row[0], TREE)
            ).fetchall()
            for (each,) in (*lists, row):
                connection.execute("DELETE FROM ref WHERE holder = ? AND id = ?", (TREE, each))
                connection.execute("DELETE FROM blob WHERE id = ?", (each,))


def sweep(layout: Layout, connection: sqlite3.Connection, now: float | None = None) -> int:
    """Remove what killed processes left behind; the number of files.

    That is: folders below ``tmp`` whose process is dead, packs that are in no index for an
    hour (a living process enters what it has renamed within milliseconds), and old memos.
    """
    from shutil import rmtree

    from agentmesh.store import memo

    removed = 0
    for name in _listed(layout.tmp):
        if not alive.owner_lives(name.replace("!", "/")):
            removed += len(_listed(f"{layout.tmp}/{name}"))
            rmtree(f"{layout.tmp}/{name}", ignore_errors=True)
    now = time.time() if now is None else now
    removed += memo.sweep(layout, now - _MEMO_SECONDS)
    limit = now - _ORPHAN_SECONDS
    for kind in ("packs", "objects"):
        for shard in _listed(f"{layout.root}/{kind}"):
            for name in _listed(f"{layout.root}/{kind}/{shard}"):
                removed += _sweep_one(layout, connection, f"{kind}/{shard}/{name}", limit)
    return removed


def _sweep_one(layout: Layout, connection: sqlite3.Connection, name: str, limit: float) -> bool:
    path = f"{layout.root}/{name}"
    try:
        if os.stat(path).st_mtime > limit:
            return False
    except OSError:
        return False
    if connection.execute("SELECT 1 FROM pack WHERE name = ?", (name,)).fetchone():
        return False
    unlink(path)
    return True


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []
