"""Writing what is missing: all of it, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agentmesh.store import blobs, index
from agentmesh.store.compare import Placed
from agentmesh.store.fill import MUCH, fill, share
from agentmesh.store.layout import Layout
from agentmesh.store.tree import FILE, FOLDER, Item, TreeWriter


@pytest.fixture
def connection(layout: Layout) -> Iterator[sqlite3.Connection]:
    with index.opened(layout) as opened:
        yield opened


@pytest.fixture
def missing(layout: Layout, connection: sqlite3.Connection, tmp_path: Path) -> list[Placed]:
    """A folder with a small, a large and a two-part file."""
    contents = {"small": b"s" * 10, "large": b"l" * 3_000_000, "parts": b"rest"}
    with blobs.Ingest(layout, connection) as ingest:
        digests = {name: ingest.add(data) for name, data in contents.items()}
        ingest.commit(lambda _connection, _ids: None)
    items = [Item(FOLDER, "w", "d", 0o700, 5)]
    for name, data in contents.items():
        head = b"head" if name == "parts" else b""
        size = len(head) + len(data)
        items.append(Item(FILE, "w", f"d/{name}", 0o640, 7, size, digests[name], head=head))
    return [Placed(item, str(tmp_path / "t"), item.path) for item in items]


@pytest.mark.parametrize("much", [0, MUCH], ids=["two processes", "one process"])
def test_everything_is_written(
    layout: Layout, connection: sqlite3.Connection, missing: list[Placed], tmp_path: Path, much: int
) -> None:
    with blobs.Reader(layout, connection) as reader:
        assert fill(reader, missing, much) == (3, 3_000_018)
    folder = tmp_path / "t" / "d"
    assert (folder / "small").read_bytes() == b"s" * 10
    assert (folder / "large").read_bytes() == b"l" * 3_000_000
    assert (folder / "parts").read_bytes() == b"headrest"
    assert folder.stat().st_mtime_ns == 5


@pytest.mark.parametrize("much", [0, MUCH], ids=["two processes", "one process"])
def test_one_content_that_is_gone_leaves_nothing(
    layout: Layout, connection: sqlite3.Connection, missing: list[Placed], tmp_path: Path, much: int
) -> None:
    lost = msgspec.structs.replace(missing[-1].item, path="d/lost", digest=b"?" * 32)
    missing.append(Placed(lost, missing[0].root, "d/lost"))
    with blobs.Reader(layout, connection) as reader, pytest.raises(blobs.Damaged):
        fill(reader, missing, much)
    assert list((tmp_path / "t").rglob("*")) == []


def test_half_is_shared_and_only_what_nobody_sees_yet(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    placed = [
        Placed(Item(FILE, "w", f"{folder}/{n}", 0o644), str(tmp_path), f"{folder}/{n}")
        for folder in ("new", "old")
        for n in range(4)
    ]
    with TreeWriter(str(tmp_path)) as writer:
        writer.add(Item(FOLDER, "w", "new", 0o755), lambda: iter(()))
        writer.add(Item(FOLDER, "w", "old", 0o755), lambda: iter(()))
        kept, work = share(placed, writer, {})
    assert [each.path for each in kept] == [f"old/{n}" for n in range(4)]
    assert [item.path.rpartition("/")[2] for item, _ in work] == ["0", "1", "2", "3"]
    assert all(item.path.startswith(".agentmesh-") for item, _ in work)
