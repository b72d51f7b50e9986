"""Surveys: what is unchanged is not read, and whatever has changed is."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.store import memo, patterns
from agentmesh.store.memo import Memo
from agentmesh.store.survey import BYTECODE_HEAD, Survey, survey
from agentmesh.store.tree import FILE, Item


class Content:
    """A store that remembers what was read."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.there: set[bytes] = set()

    def add_file(self, path: str) -> tuple[bytes, int]:
        return self.add_rest(path, 0)[1:]

    def add_rest(self, path: str, skip: int) -> tuple[bytes, bytes, int]:
        data = Path(path).read_bytes()
        self.read.append(os.path.basename(path))
        self.there.add(data[skip:])
        return data[:skip], data[skip:], len(data)

    def reuse(self, digest: bytes) -> bool:
        return digest in self.there


@pytest.fixture
def content() -> Content:
    return Content()


@pytest.fixture
def look(tmp_path: Path, content: Content) -> Callable[..., Survey]:
    """Survey a folder ``d`` of three files, or other paths."""
    for name in ("a", "b", "deep/c"):
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)

    def run(known: Memo | None = None, *paths: str) -> Survey:
        content.read.clear()
        wanted = patterns.parse(paths or ("d",), str(tmp_path), "/nowhere")
        return survey(wanted, str(tmp_path), "/nowhere", known or Memo(), content)

    return run


def grown_old(found: Survey) -> Memo:
    """The memo that a survey some seconds later would have made."""
    begun = time.time_ns() + 10 * memo.RACY_NS
    seen = [memo.seen_at(os.lstat(place(item)), begun) for item in found.items]
    return Memo(b"m", found.items, seen)


def place(item: Item) -> str:
    return f"{BASE[0]}/{item.path}"


BASE: list[str] = []


@pytest.fixture(autouse=True)
def base(tmp_path: Path) -> None:
    BASE[:] = [str(tmp_path)]


def test_everything_is_read_where_nothing_is_known(look: Callable[..., Survey]) -> None:
    found = look()
    assert [item.path for item in found.items] == ["d", "d/a", "d/b", "d/deep", "d/deep/c"]
    assert not found.same


def test_what_has_just_been_written_is_read_again(
    look: Callable[..., Survey], content: Content
) -> None:
    found = look()
    again = look(Memo(b"m", found.items, found.seen))
    assert content.read == ["a", "b", "c"]
    assert (again.items, again.same) == (found.items, False)


def test_an_unchanged_tree_is_not_read(look: Callable[..., Survey], content: Content) -> None:
    known = grown_old(look())
    found = look(known)
    assert content.read == []
    assert (found.items, found.same) == (known.items, True)


@pytest.mark.parametrize("change", ["rewrite", "same size and time", "mode"])
def test_a_changed_file_alone_is_read(
    look: Callable[..., Survey], content: Content, tmp_path: Path, change: str
) -> None:
    known = grown_old(look())
    file = tmp_path / "d" / "b"
    before = file.stat()
    if change == "mode":
        file.chmod(0o755)
    else:
        file.write_text("changed" if change == "rewrite" else "B")
    if change == "same size and time":
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = look(known)
    assert content.read == ["b"]
    new = next(item for item in found.items if item.path == "d/b")
    assert new != next(item for item in known.items if item.path == "d/b")
    assert new.digest == file.read_bytes()
    assert [i for i in found.items if i.path != "d/b"] == [
        i for i in known.items if i.path != "d/b"
    ]


@pytest.mark.parametrize("change", ["add", "remove", "rename", "swap", "retype"])
def test_a_changed_folder_is_listed_anew(
    look: Callable[..., Survey], content: Content, tmp_path: Path, change: str
) -> None:
    known = grown_old(look())
    folder = tmp_path / "d"
    if change == "add":
        (folder / "deep" / "new").write_text("new")
    elif change == "remove":
        (folder / "a").unlink()
    elif change == "rename":
        (folder / "a").rename(folder / "z")
    elif change == "swap":
        shutil.move(folder / "a", tmp_path / "x")
        shutil.move(folder / "b", folder / "a")
        shutil.move(tmp_path / "x", folder / "b")
    else:
        shutil.rmtree(folder / "deep")
        (folder / "deep").symlink_to("a")
    found = look(known)
    there = {str(p.relative_to(tmp_path)): p for p in (folder, *folder.rglob("*"))}
    assert {item.path for item in found.items} == set(there)
    for item in found.items:
        if item.kind == FILE:
            assert item.digest == there[item.path].read_bytes()
    assert not found.same


def test_what_the_store_has_lost_is_read_again(
    look: Callable[..., Survey], content: Content, tmp_path: Path
) -> None:
    known = grown_old(look())
    content.there.clear()
    (tmp_path / "d" / "b").write_text("changed")
    look(known)
    assert sorted(content.read) == ["a", "b", "c"]


def test_a_path_that_was_not_there_before_is_found(
    look: Callable[..., Survey], tmp_path: Path
) -> None:
    known = grown_old(look(None, "d", "later"))
    (tmp_path / "later").write_text("later")
    assert "later" in {item.path for item in look(known, "d", "later").items}


def test_patterns_and_exclusions_are_walked_each_time(
    look: Callable[..., Survey], content: Content, tmp_path: Path
) -> None:
    known = grown_old(look(None, "**/deep", "!d/deep/c"))
    assert [item.path for item in known.items] == ["d/deep"]
    (tmp_path / "e" / "deep").mkdir(parents=True)
    found = look(known, "**/deep", "!d/deep/c")
    assert [item.path for item in found.items] == ["d/deep", "e/deep"]


def test_compiled_python_is_kept_without_its_times(
    look: Callable[..., Survey], tmp_path: Path
) -> None:
    body = os.urandom(100)
    for number in range(2):
        (tmp_path / f"{number}.pyc").write_bytes(bytes([number]) * BYTECODE_HEAD + body)
    (tmp_path / "short.pyc").write_bytes(b"short")
    found = look(None, "*.pyc").items
    assert [(item.head, item.digest, item.size) for item in found] == [
        (bytes(16), body, 116),
        (b"\1" * 16, body, 116),
        (b"", b"short", 5),
    ]
