"""Memos: what was seen comes back, and nothing young, damaged or strange is believed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentmesh.store import memo
from agentmesh.store.layout import Layout
from agentmesh.store.memo import Memo, Seen
from agentmesh.store.tree import FILE, Item

KEPT = Memo(b"m" * 32, [Item(FILE, "w", "a", 0o644, 5, 3, b"d" * 32)], [Seen(1, 2, 3)])


def test_a_memo_comes_back_as_it_was(layout: Layout) -> None:
    called = memo.name("/work", "/home", "v1")
    assert memo.load(layout, called) == Memo()
    memo.keep(layout, called, KEPT)
    assert memo.load(layout, called) == KEPT
    assert os.stat(layout.memo).st_mode & 0o777 == 0o700


def test_other_places_and_paths_have_memos_of_their_own() -> None:
    names = {memo.name(*each) for each in (("/a", "/b", "v"), ("/a", "/b", "w"), ("/a/", "b", "v"))}
    assert len(names) == 3


@pytest.mark.parametrize("damage", ["bit", "cut", "empty"])
def test_a_damaged_memo_is_none(layout: Layout, damage: str) -> None:
    memo.keep(layout, "m", KEPT)
    path = Path(layout.memo, "m")
    data = bytearray(path.read_bytes())
    if damage == "bit":
        data[len(data) // 2] ^= 1
    path.write_bytes({"bit": data, "cut": data[:-1], "empty": b""}[damage])
    assert memo.load(layout, "m") == Memo()


def test_what_is_young_or_of_the_future_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("x")
    status = path.stat()
    now = status.st_ctime_ns
    assert memo.seen_at(status, now).ctime == memo.UNKNOWN
    assert memo.seen_at(status, now + memo.RACY_NS).ctime == memo.UNKNOWN
    assert memo.seen_at(status, now - 10**15).ctime == memo.UNKNOWN
    seen = memo.seen_at(status, now + memo.RACY_NS + 1)
    assert seen == Seen(status.st_dev, status.st_ino, now)


def test_a_store_that_cannot_be_written_forgets(layout: Layout) -> None:
    os.makedirs(f"{layout.memo}/m")  # where the memo belongs
    memo.keep(layout, "m", KEPT)
    assert memo.load(layout, "m") == Memo()
    assert os.listdir(layout.memo) == ["m"]


def test_old_memos_are_swept(layout: Layout) -> None:
    memo.keep(layout, "old", KEPT)
    memo.keep(layout, "new", KEPT)
    os.utime(f"{layout.memo}/old", (1, 1))
    assert memo.sweep(layout, 1000.0) == 1
    assert os.listdir(layout.memo) == ["new"]
