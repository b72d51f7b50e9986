"""Writing packs anew that hold little that anybody needs. Called by holders.py after a clean-up.

A pack whose live content is less than half of it is read, compared with its digests and written
into a new pack, which takes its place in one transaction; a reader that still knows the old place
looks it up again (blobs.py). A kill in between leaves a file that the sweep removes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agentmesh.store import blobs, database
from agentmesh.store.layout import Layout

LIVE = 0.5
_HEADER = 18


def repack(layout: Layout, connection: sqlite3.Connection, packs: Iterable[int]) -> int:
    """Rewrite those of some packs that are worth it; the bytes freed. What cannot be read or
    written stays as it is: whoever needs it will be told."""
    freed = 0
    for pack in sorted(set(packs)):
        row = connection.execute(
            "SELECT name, size FROM pack WHERE id = ? AND kind = 'pack'", (pack,)
        ).fetchone()
        if row is None:
            continue
        try:
            if live_share(layout, connection, pack, *row) < LIVE:
                freed += _rewrite(layout, connection, pack, *row)
        except (OSError, ValueError, blobs.Damaged, blobs.Vanished):
            continue
    return freed


def live_share(
    layout: Layout, connection: sqlite3.Connection, pack: int, name: str, size: int
) -> float:
    """How much of a pack is needed, from 0 to 1: of each frame the share of its content."""
    from zstandard import ZstdError, frame_content_size

    rows = connection.execute(
        "SELECT frame, length, sum(size) FROM blob WHERE pack = ? GROUP BY frame, length", (pack,)
    )
    live = 0.0
    with open(f"{layout.root}/{name}", "rb") as file:
        for frame, length, used in rows:
            file.seek(frame)
            try:
                raw = frame_content_size(file.read(_HEADER))
            except ZstdError as error:
                raise ValueError(str(error)) from error
            live += length * min(1.0, used / raw) if raw > 0 else 0.0
    return live / size if size else 0.0


def _rewrite(
    layout: Layout, connection: sqlite3.Connection, pack: int, name: str, size: int
) -> int:
    digests = [
        row[0]
        for row in connection.execute(
            "SELECT digest FROM blob WHERE pack = ? ORDER BY frame, inner", (pack,)
        )
    ]
    with (
        blobs.Ingest(layout, connection, replacing=pack) as ingest,
        blobs.Reader(layout, connection) as reader,
    ):
        for digest in digests:
            ingest.add(reader.get(digest))
        ingest.commit(lambda _connection, _ids: None)
        stored = ingest.stored
    with database.transaction(connection):
        # What has been added to neither: the old pack has no content of its own any more.
        gone = connection.execute(
            "DELETE FROM pack WHERE id = ? AND id NOT IN (SELECT pack FROM blob)", (pack,)
        ).rowcount
    if gone:
        blobs.unlink(f"{layout.root}/{name}")
    return max(0, size - stored) if gone else 0
