"""Packs that hold little of use are written anew, and nobody notices."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.store import blobs, holders, index
from agentmesh.store.layout import Layout
from agentmesh.store.repack import live_share, repack


@pytest.fixture
def connection(layout: Layout) -> Iterator[sqlite3.Connection]:
    with index.opened(layout) as opened:
        yield opened


def store(
    layout: Layout, connection: sqlite3.Connection, contents: list[bytes]
) -> dict[bytes, int]:
    """Keep contents in one pack, each with a holder of its own number."""
    with blobs.Ingest(layout, connection) as ingest:
        for content in contents:
            ingest.add(content)

        def enter(connection: sqlite3.Connection, ids: dict[bytes, int]) -> None:
            for number in ids.values():
                holders.refer(connection, "entry", number, (number,))

        ingest.commit(enter)
    rows = connection.execute("SELECT digest, id FROM blob")
    return dict(rows.fetchall())


def contents(count: int) -> list[bytes]:
    return [os.urandom(50_000) for _ in range(count)]


def packs(layout: Layout) -> dict[str, int]:
    return {str(p): p.stat().st_size for p in Path(layout.packs).rglob("*") if p.is_file()}


def release(connection: sqlite3.Connection, numbers: list[int]) -> None:
    for number in numbers:
        holders.release(connection, "entry", number)


def test_a_pack_that_is_mostly_dead_is_written_anew(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    ids = store(layout, connection, contents(100))
    before = packs(layout)
    release(connection, list(ids.values())[10:])
    freed = holders.collect(layout, connection)
    after = packs(layout)
    assert set(before).isdisjoint(after)
    assert sum(after.values()) < sum(before.values()) / 5
    assert freed == sum(before.values()) - sum(after.values())
    with blobs.Reader(layout, connection) as reader:
        kept = [digest for digest in ids if reader.places((digest,))]
        assert len(kept) == 10
        assert all(len(reader.get(digest)) == 50_000 for digest in kept)


def test_a_pack_that_is_mostly_alive_stays(layout: Layout, connection: sqlite3.Connection) -> None:
    ids = store(layout, connection, contents(100))
    before = packs(layout)
    release(connection, list(ids.values())[:30])
    assert holders.collect(layout, connection) == 0
    assert packs(layout) == before


def test_a_reader_that_knows_the_old_place_finds_the_new_one(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    ids = store(layout, connection, contents(60))
    kept = list(ids)[-5:]
    with blobs.Reader(layout, connection) as reader:
        places = reader.places(kept)
        release(connection, [number for digest, number in ids.items() if digest not in kept])
        assert holders.collect(layout, connection) > 0
        for digest in kept:
            assert len(reader.get(digest, places[digest])) == 50_000


def test_a_damaged_pack_is_left_for_those_who_need_it(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    ids = store(layout, connection, contents(60))
    ((path, size),) = packs(layout).items()
    data = bytearray(Path(path).read_bytes())
    for at in range(100, size, 1000):
        data[at] ^= 0xFF
    Path(path).write_bytes(data)
    release(connection, list(ids.values())[5:])
    assert holders.collect(layout, connection) == 0
    assert list(packs(layout)) == [path]
    assert os.listdir(layout.tmp) == []


def test_what_is_shared_within_a_frame_counts_by_its_part(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    ids = store(layout, connection, contents(20))
    number, name, size = connection.execute("SELECT id, name, size FROM pack").fetchone()
    assert live_share(layout, connection, number, name, size) == pytest.approx(1.0)
    doomed = list(ids.values())[:10]
    connection.executemany("DELETE FROM blob WHERE id = ?", ((each,) for each in doomed))
    assert live_share(layout, connection, number, name, size) == pytest.approx(0.5, abs=0.01)
    assert repack(layout, connection, [number, 99]) == 0
