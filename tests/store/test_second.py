"""The second process: what goes wrong there is told here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentmesh.store import blobs, index
from agentmesh.store.layout import Layout
from agentmesh.store.second import Second, Task
from agentmesh.store.tree import FILE, LINK, Item


def stored(layout: Layout, data: bytes) -> Item:
    with index.opened(layout) as connection, blobs.Ingest(layout, connection) as ingest:
        digest = ingest.add(data)
        ingest.commit(lambda _connection, _ids: None)
    return Item(FILE, "w", "d/x", 0o644, 9, len(data), digest)


def place_of(layout: Layout, item: Item) -> blobs.Place:
    with index.opened(layout) as connection, blobs.Reader(layout, connection) as reader:
        return reader.places((item.digest,))[item.digest]


def test_it_writes_what_it_is_told(layout: Layout, tmp_path: Path) -> None:
    item = stored(layout, b"content")
    (tmp_path / "d").mkdir()
    link = Item(LINK, "w", "d/l", target="x")
    task = Task(layout.root, str(tmp_path), [(item, place_of(layout, item)), (link, None)])
    with Second(layout.root) as second:
        second.begin(task)
        assert second.result() == (2, 7)
    assert (tmp_path / "d" / "x").read_bytes() == b"content"
    assert os.readlink(tmp_path / "d" / "l") == "x"


def test_damage_is_told(layout: Layout, tmp_path: Path) -> None:
    item = stored(layout, b"content")
    place = place_of(layout, item)
    Path(layout.root, place.pack).write_bytes(b"rubbish")
    with Second(layout.root) as second:
        second.begin(Task(layout.root, str(tmp_path), [(item, place)]))
        with pytest.raises(blobs.Damaged) as caught:
            second.result()
    assert caught.value.digest == item.digest


def test_a_place_that_cannot_be_written_is_told(layout: Layout, tmp_path: Path) -> None:
    item = stored(layout, b"content")
    (tmp_path / "d").write_text("in the way")
    (tmp_path / "d").rename(tmp_path / "file")
    task = Task(layout.root, str(tmp_path / "file"), [(item, place_of(layout, item))])
    with Second(layout.root) as second:
        second.begin(task)
        with pytest.raises(OSError, match=r"xists|irectory"):
            second.result()


def test_one_that_is_not_asked_is_ended(layout: Layout, tmp_path: Path) -> None:
    item = stored(layout, b"content")
    with Second(layout.root) as second:
        second.begin(Task(layout.root, str(tmp_path), [(item, place_of(layout, item))]))
        process = second._process
    assert process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
