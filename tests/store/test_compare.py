"""Comparing a target with a list: what is there is left alone, and the rest is named."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from agentmesh.store import memo, tree
from agentmesh.store.compare import Difference, compare, touch
from agentmesh.store.survey import Known
from agentmesh.store.tree import FILE, FOLDER, LINK, Item

NOW = 5_000_000_000


def item_of(root: Path, name: str) -> Item:
    path = root / name
    status = path.lstat()
    kind = tree.kind_of(status.st_mode) or ""
    mode, mtime = status.st_mode & 0o777, status.st_mtime_ns
    if kind == LINK:
        return Item(LINK, "w", name, target=os.readlink(path), mtime=mtime)
    if kind == FOLDER:
        return Item(FOLDER, "w", name, mode, mtime)
    return Item(FILE, "w", name, mode, mtime, status.st_size, path.read_bytes())


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """A folder with two files and a link, as a list; digests are the contents themselves."""
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "a").write_text("a")
    (tmp_path / "d" / "e" / "b").write_text("b")
    (tmp_path / "d" / "l").symlink_to("a")
    return [item_of(tmp_path, name) for name in ("d", "d/a", "d/e", "d/e/b", "d/l")]


def against(root: Path, items: list[Item], known: Known | None = None) -> Difference:
    return compare(
        items,
        lambda item: (tree.safe(item.path), (str(root), item.path))[1],
        known or {},
        lambda descriptor: os.read(descriptor, 1000),
        time.time_ns(),
    )


def names(found: Difference) -> list[str]:
    return sorted(each.path for each in found.missing)


def test_a_target_that_has_everything_lacks_nothing(tmp_path: Path, items: list[Item]) -> None:
    found = against(tmp_path, items)
    assert (names(found), found.touch, found.hashed) == ([], [], 2)


def test_an_empty_target_lacks_everything(tmp_path: Path, items: list[Item]) -> None:
    found = against(tmp_path / "empty", items)
    assert names(found) == ["d", "d/a", "d/e", "d/e/b", "d/l"]


def test_a_missing_file_takes_the_time_of_its_folder_with_it(
    tmp_path: Path, items: list[Item]
) -> None:
    (tmp_path / "d" / "e" / "b").unlink()
    assert names(against(tmp_path, items)) == ["d/e", "d/e/b"]


def test_another_content_of_the_same_size_and_time_is_seen(
    tmp_path: Path, items: list[Item]
) -> None:
    file = tmp_path / "d" / "a"
    file.write_text("X")
    os.utime(file, ns=(items[1].mtime, items[1].mtime))
    assert "d/a" in names(against(tmp_path, items))


def test_a_memo_saves_the_reading_until_the_file_changes(tmp_path: Path, items: list[Item]) -> None:
    later = time.time_ns() + 10 * memo.RACY_NS
    known = {
        ("w", item.path): (item, memo.seen_at((tmp_path / item.path).lstat(), later))
        for item in items
    }
    found = against(tmp_path, items, known)
    assert (names(found), found.hashed) == ([], 0)
    file = tmp_path / "d" / "a"
    file.write_text("X")
    os.utime(file, ns=(items[1].mtime, items[1].mtime))
    found = against(tmp_path, items, known)
    assert found.hashed == 1
    assert "d/a" in names(found)


def test_the_right_content_with_another_mode_or_time_is_touched(
    tmp_path: Path, items: list[Item]
) -> None:
    (tmp_path / "d" / "a").chmod(0o600)
    os.utime(tmp_path / "d" / "e" / "b", (1, 1))
    found = against(tmp_path, items)
    assert names(found) == []
    assert [each.path for _, each in found.touch] == ["d/a", "d/e/b"]
    for place, item in found.touch:
        touch(place, item)
    assert against(tmp_path, items).touch == []


def test_a_file_with_a_second_name_is_not_touched(tmp_path: Path, items: list[Item]) -> None:
    os.link(tmp_path / "d" / "a", tmp_path / "other")
    (tmp_path / "other").chmod(0o600)
    found = against(tmp_path, items)
    assert found.touch == []
    assert "d/a" in names(found)


@pytest.mark.parametrize("where", ["d", "d/e"])
def test_nothing_is_looked_at_behind_a_link(tmp_path: Path, items: list[Item], where: str) -> None:
    (tmp_path / where).rename(tmp_path / "elsewhere")
    (tmp_path / where).symlink_to(tmp_path / "elsewhere")
    found = against(tmp_path, items)
    assert "d/e/b" in names(found)
    assert where in names(found)


def test_a_head_is_compared_too(tmp_path: Path) -> None:
    (tmp_path / "x.pyc").write_bytes(b"headrest")
    whole = item_of(tmp_path, "x.pyc")
    right = Item(FILE, "w", "x.pyc", whole.mode, whole.mtime, 8, b"rest", head=b"head")
    wrong = Item(FILE, "w", "x.pyc", whole.mode, whole.mtime, 8, b"rest", head=b"HEAD")
    assert names(against(tmp_path, [right])) == []
    assert names(against(tmp_path, [wrong])) == ["x.pyc"]


@pytest.mark.parametrize("path", ["d/..", "d/.", "d/", "../x", "d/a\0"])
def test_a_path_that_leads_out_is_unsafe(tmp_path: Path, items: list[Item], path: str) -> None:
    with pytest.raises(tree.Unsafe):
        against(tmp_path, [items[0], Item(FILE, "w", path)])
