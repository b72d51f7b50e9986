"""Trees: listed as they are, written back without ever leaving the target."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.store import patterns, tree
from agentmesh.store.tree import FILE, FOLDER, LINK, Item, TreeWriter, Unsafe


def content(data: bytes = b"new"):
    def read() -> Iterator[bytes]:
        yield data

    return read


def find(folder: Path, *paths: str) -> list[str]:
    wanted = patterns.parse(paths, str(folder), "/nowhere")
    return [found.path for found in tree.find(wanted, str(folder), "/nowhere")[0]]


def test_a_folder_is_found_with_its_whole_tree_parents_first(tmp_path: Path) -> None:
    for name in ("d/b/x", "d/a/.hidden", "other"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "d" / "link").symlink_to("/etc")
    assert find(tmp_path, "d") == ["d", "d/a", "d/a/.hidden", "d/b", "d/b/x", "d/link"]


def test_overlapping_patterns_find_things_once(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").write_text("")
    assert sorted(find(tmp_path, "d", "d/x", "**/x")) == ["d", "d/x"]
    assert find(tmp_path, "none", "none/*.x") == []


def test_special_files_are_told_and_not_found(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("")
    found, odd = tree.find(patterns.parse(["*"], str(tmp_path), "/h"), str(tmp_path), "/h")
    assert [each.path for each in found] == ["file"]
    assert odd == [str(tmp_path / "pipe")]


def test_very_deep_trees_are_no_trouble(tmp_path: Path) -> None:
    place = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    try:
        assert len(find(tmp_path, "d")) == 1500
    finally:  # too deep for those who tidy up after tests
        subprocess.run(("rm", "-rf", str(tmp_path / "d")), check=True)


def test_files_links_and_folders_are_written_with_modes_and_times(tmp_path: Path) -> None:
    root = tmp_path / "t"
    with TreeWriter(str(root)) as writer:
        writer.add(Item(FOLDER, "w", "d", 0o750, 5 * 10**9), content())
        writer.add(Item(FILE, "w", "d/x", 0o640, 7 * 10**9 + 3, 3), content(b"abc"))
        writer.add(Item(LINK, "w", "d/l", target="../nowhere"), content())
        writer.finish()
        assert (writer.files, writer.bytes) == (2, 3)
    file = root / "d" / "x"
    assert file.read_bytes() == b"abc"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert file.stat().st_mtime_ns == 7 * 10**9 + 3
    assert os.readlink(root / "d" / "l") == "../nowhere"
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0o750
    assert (root / "d").stat().st_mtime_ns == 5 * 10**9


def test_set_id_bits_are_not_kept(tmp_path: Path) -> None:
    with TreeWriter(str(tmp_path)) as writer:
        writer.add(Item(FILE, "w", "x", 0o6755), content())
        writer.finish()
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o755


@pytest.mark.parametrize("link", ["d", "d/e"])
def test_a_link_in_the_way_is_replaced_and_never_followed(tmp_path: Path, link: str) -> None:
    outside, root = tmp_path / "outside", tmp_path / "t"
    outside.mkdir()
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(outside)
    with TreeWriter(str(root)) as writer:
        writer.add(Item(FILE, "w", "d/e/x", 0o644), content())
        writer.finish()
    assert os.listdir(outside) == []
    assert (root / "d" / "e" / "x").read_bytes() == b"new"


def test_a_link_where_a_file_belongs_is_replaced(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (tmp_path / "x").symlink_to(outside)
    with TreeWriter(str(tmp_path)) as writer:
        writer.add(Item(FILE, "w", "x", 0o644), content())
        writer.finish()
    assert outside.read_text() == "precious"
    assert not (tmp_path / "x").is_symlink()


def test_a_link_that_the_tree_itself_has_made_is_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "t"
    outside.mkdir()
    with TreeWriter(str(root)) as writer:
        writer.add(Item(LINK, "w", "d", target=str(outside)), content())
        writer.finish()
    with TreeWriter(str(root)) as writer:
        writer.add(Item(LINK, "w", "d", target=str(outside)), content())
        writer.add(Item(FILE, "w", "d/x", 0o644), content())
        writer.finish()
    assert os.listdir(outside) == []
    assert (root / "d" / "x").read_bytes() == b"new"


def test_a_folder_where_a_file_belongs_and_a_file_where_a_folder_belongs(tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "d").write_text("")
    with TreeWriter(str(tmp_path)) as writer:
        writer.add(Item(FILE, "w", "x", 0o644), content())
        writer.add(Item(FILE, "w", "d/e", 0o644), content())
        writer.finish()
    assert (tmp_path / "x").read_bytes() == (tmp_path / "d" / "e").read_bytes() == b"new"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/x", "a//b", "./a", "a/", "a\0b"])
def test_a_path_that_leads_out_is_unsafe(tmp_path: Path, path: str) -> None:
    root = tmp_path / "t"
    with pytest.raises(Unsafe), TreeWriter(str(root)) as writer:
        writer.add(Item(FILE, "w", path, 0o644), content())
    assert os.listdir(root) == []


@given(st.text(max_size=20))
def test_what_is_called_safe_stays_below(path: str) -> None:
    try:
        segments = tree.safe(path)
    except Unsafe:
        return
    assert os.path.normpath(os.path.join("/r", *segments)).startswith("/r")


def test_without_finish_the_target_is_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")

    def fails() -> Iterator[bytes]:
        yield b"half"
        raise ZeroDivisionError

    def write() -> None:
        with TreeWriter(str(tmp_path)) as writer:
            writer.add(Item(FOLDER, "w", "new/er", 0o755), content())
            writer.add(Item(FILE, "w", "old", 0o644), content())
            writer.add(Item(FILE, "w", "new/x", 0o644), fails)

    with pytest.raises(ZeroDivisionError):
        write()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["old"]
    assert (tmp_path / "old").read_text() == "old"


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with TreeWriter(str(tmp_path)) as writer:
            for n in range(50):
                writer.add(Item(FILE, "w", f"{n % 7}/{n % 5}/{n}", 0o644), content())
            writer.finish()
    assert len(os.listdir("/proc/self/fd")) == before


@given(
    st.lists(st.builds(Item, st.sampled_from("fdl"), st.just("w"), st.text(), st.integers(0, 511)))
)
def test_lists_survive_being_stored(items: list[Item]) -> None:
    assert tree.decode(tree.encode(items)) == items
