"""The index of content: cache entries, artifacts, and where their bytes lie. See schema.py.

Called by cache.py and artifacts.py. A connection is opened for each operation (0.2 ms) and used
by one thread, so operations of several jobs never wait for each other but in SQLite's own lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from agentmesh.store import database, schema
from agentmesh.store.layout import Layout


@contextmanager
def opened(layout: Layout, *, create: bool = True) -> Iterator[sqlite3.Connection]:
    """The index for one operation. Raises SetupError for what SQLite reports, and for a disk that
    is full or out of reach while the store is being written."""
    with database.guard(layout.index):
        connection = database.connect(layout.index, schema.INDEX, create=create)
        try:
            yield connection
        finally:
            connection.close()
