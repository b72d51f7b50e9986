"""Content: kept once, whole or not at all, compared with its digest when read."""

from __future__ import annotations

import io
import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.store import holders, index
from agentmesh.store.blobs import Damaged, Ingest, Reader, Vanished
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


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2**21), max_size=8), st.integers(0, 2**32))
def test_everything_comes_back(sizes: list[int], seed: int) -> None:
    from tempfile import TemporaryDirectory

    source = random.Random(seed)
    contents = [source.randbytes(size // 2) * 2 for size in sizes]
    with TemporaryDirectory() as folder, index.opened(Layout(folder)) as connection:
        layout = Layout(folder)
        digests = store(layout, connection, *contents)
        assert digests == [blake3(content).digest() for content in contents]
        with Reader(layout, connection) as reader:
            places = reader.places(digests)
            read = [reader.get(digest, places[digest]) for digest in digests]
        assert read == contents


def test_small_contents_share_a_pack_and_large_ones_have_their_own(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    store(layout, connection, *(b"%d" % n for n in range(1000)), os.urandom(3 << 20))
    assert len(files(layout)) == 2


def test_the_same_content_is_kept_once(layout: Layout, connection: sqlite3.Connection) -> None:
    store(layout, connection, b"one", b"two", b"one", holder=1)
    before = files(layout)
    with Ingest(layout, connection) as ingest:
        ingest.add(b"two")
        ingest.add_stream(io.BytesIO(b"one"))
        ingest.commit(lambda c, ids: holders.refer(c, "test", 2, ids.values()))
        assert ingest.stored == 0
    assert files(layout) == before


def test_nothing_is_seen_before_it_is_committed(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    with Ingest(layout, connection) as ingest:
        digest = ingest.add(b"x" * 5000)
        with index.opened(layout) as other, Reader(layout, other) as reader:
            assert reader.places([digest]) == {}
    assert files(layout) == []
    assert os.listdir(layout.tmp) == []


def test_a_commit_that_is_refused_leaves_nothing(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    def refuse(*_: object) -> None:
        raise ZeroDivisionError

    with Ingest(layout, connection) as ingest:
        ingest.add(b"x")
        ingest.add(os.urandom(2 << 20))
        with pytest.raises(ZeroDivisionError):
            ingest.commit(refuse)
    assert files(layout) == []
    assert connection.execute("SELECT count(*) FROM blob").fetchone() == (0,)


def test_content_that_was_pruned_during_a_save_is_noticed(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    store(layout, connection, b"shared")
    with Ingest(layout, connection) as ingest:
        ingest.add(b"shared")
        with index.opened(layout) as other:
            holders.release(other, "test", 1)
            holders.collect(layout, other)
        with pytest.raises(Vanished):
            ingest.commit(lambda c, ids: None)


def test_two_who_store_the_same_at_once_both_have_it(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    large = os.urandom(2 << 20)
    with index.opened(layout) as other, Ingest(layout, connection) as one:
        digest = one.add(large)
        with Ingest(layout, other) as two:
            two.add(large)
            two.commit(lambda c, ids: holders.refer(c, "test", 2, ids.values()))
        one.commit(lambda c, ids: holders.refer(c, "test", 1, ids.values()))
    holders.release(connection, "test", 2)
    holders.collect(layout, connection)
    with Reader(layout, connection) as reader:
        assert reader.get(digest) == large


@pytest.mark.parametrize("size", [100, 2 << 20])
def test_a_changed_byte_is_found(layout: Layout, connection: sqlite3.Connection, size: int) -> None:
    (digest,) = store(layout, connection, os.urandom(size))
    (path,) = files(layout)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with Reader(layout, connection) as reader, pytest.raises(Damaged) as caught:
        reader.get(digest)
    assert caught.value.digest == digest


@pytest.mark.parametrize("size", [100, 2 << 20])
@pytest.mark.parametrize("left", [0, 10])
def test_a_file_that_is_too_short_or_gone_is_found(
    layout: Layout, connection: sqlite3.Connection, size: int, left: int
) -> None:
    (digest,) = store(layout, connection, os.urandom(size))
    (path,) = files(layout)
    if left:
        path.write_bytes(path.read_bytes()[:left])
    else:
        path.unlink()
    with Reader(layout, connection) as reader, pytest.raises(Damaged):
        reader.get(digest)


def test_a_frame_that_claims_to_be_huge_is_not_believed(
    layout: Layout, connection: sqlite3.Connection
) -> None:
    from zstandard import ZstdCompressor

    (digest,) = store(layout, connection, b"small")
    (path,) = files(layout)
    bomb = ZstdCompressor(write_content_size=True).compress(bytes(50 << 20))
    path.write_bytes(bomb)
    connection.execute("UPDATE blob SET length = ?", (len(bomb),))
    with Reader(layout, connection) as reader, pytest.raises(Damaged, match="too large"):
        reader.get(digest)


def test_a_link_is_not_followed(
    layout: Layout, connection: sqlite3.Connection, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "link").symlink_to("secret")
    with Ingest(layout, connection) as ingest, pytest.raises(OSError, match="symbolic links"):
        ingest.add_file(str(tmp_path / "link"))
