"""Who needs which content, and removing the rest."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.store import holders, index
from agentmesh.store.blobs import Damaged, Ingest, Reader
from agentmesh.store.layout import Layout


@pytest.fixture
def connection(layout: Layout) -> Iterator[sqlite3.Connection]:
    with index.opened(layout) as opened:
        yield opened


def store(
    layout: Layout, connection: sqlite3.Connection, *contents: bytes, holder: int = 1
) -> list[bytes]:
    """Store contents for somebody; their digests."""
    with Ingest(layout, connection) as ingest:
        digests = [ingest.add(content) for content in contents]
        ingest.commit(lambda c, ids: holders.refer(c, "test", holder, ids.values()))
    return digests


def files(layout: Layout) -> list[Path]:
    """Every file of the store but the databases."""
    root = Path(layout.root)
    return [p for p in root.rglob("*") if p.is_file() and not p.name.startswith("index.db")]


def test_collecting_frees_what_nobody_needs_and_keeps_the_rest(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    (kept,) = store(layout, connection, b"kept", holder=1)
    store(layout, connection, b"gone" * 100, os.urandom(2 << 20), holder=2)
    holders.release(connection, "test", 2)
    assert holders.collect(layout, connection) > 2 << 20
    assert len(files(layout)) == 1
    with Reader(layout, connection) as reader:
        assert reader.get(kept) == b"kept"


def test_forgotten_content_is_stored_anew(layout: Layout, connection: sqlite3.Connection) -> None:
    (digest,) = store(layout, connection, b"content")
    files(layout)[0].write_bytes(b"rubbish")
    holders.forget(connection, [digest])
    store(layout, connection, b"content", holder=2)
    with Reader(layout, connection) as reader:
        assert reader.get(digest) == b"content"


def test_a_sweep_takes_what_dead_processes_left_and_nothing_else(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    (digest,) = store(layout, connection, b"kept")
    dead = Path(layout.tmp, "99999999+boot!1+abcd")
    dead.mkdir()
    (dead / "half").write_bytes(b"x")
    orphan = Path(layout.packs, "ab", "abcdef")
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    with Ingest(layout, connection) as ingest:
        ingest.add(os.urandom(2 << 20))
        assert holders.sweep(layout, connection) == 1
        assert orphan.exists()  # it may be about to be entered
        later = orphan.stat().st_mtime + 3601
        assert holders.sweep(layout, connection, later) == 1
        ingest.commit(lambda c, ids: holders.refer(c, "test", 2, ids.values()))
    assert not dead.exists()
    assert not orphan.exists()
    with Reader(layout, connection) as reader:
        assert reader.get(digest) == b"kept"


def test_what_a_holder_needs_and_lacks_is_known(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    one, two = store(layout, connection, b"one", b"two", holder=7)
    assert holders.needed(connection, "test", 7) == {one, two}
    assert holders.missing(connection, "test", 7) == 0
    holders.forget(connection, [two])
    assert holders.needed(connection, "test", 7) == {one}
    assert holders.missing(connection, "test", 7) == 1


def test_damaged_content_is_told_from_what_is_whole(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    (bad,) = store(layout, connection, b"bad")
    files(layout)[0].write_bytes(b"rubbish")
    (good,) = store(layout, connection, b"good")
    assert list(holders.damaged(layout, connection, [good, bad])) == [bad]
    with Reader(layout, connection) as reader, pytest.raises(Damaged):
        reader.get(bad)
