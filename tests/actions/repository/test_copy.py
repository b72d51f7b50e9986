"""Copying a working tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentmesh.actions.repository import copy
from agentmesh.core.errors import SetupError


def copied(source: Path, target: Path, *names: str, replace: bool = False) -> copy.Copied:
    return copy.copy_files(str(source), str(target), map(os.fsencode, names), replace=replace)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/c.txt").write_text("c")
    (root / "top.txt").write_text("top")
    return root


def test_times_and_the_executable_bit_are_kept(source: Path, tmp_path: Path) -> None:
    os.utime(source / "top.txt", ns=(1, 1_234_567_890_123_456_789))
    (source / "a/b/c.txt").chmod(0o4755)
    done = copied(source, tmp_path / "t", "top.txt", "a/b/c.txt")
    assert done == copy.Copied(2)
    assert (tmp_path / "t/top.txt").stat().st_mtime_ns == 1_234_567_890_123_456_789
    assert (tmp_path / "t/a/b/c.txt").stat().st_mode & 0o7777 in {0o755, 0o775, 0o777}


def test_what_is_not_there_is_missing_and_nothing_else(source: Path, tmp_path: Path) -> None:
    done = copied(source, tmp_path / "t", "gone.txt", "top.txt/below", "no/such", "top.txt")
    assert done.files == 1
    assert done.missing == (b"gone.txt", b"top.txt/below", b"no/such")


def test_a_link_on_the_way_is_not_followed(source: Path, tmp_path: Path) -> None:
    (source / "link").symlink_to("a")
    done = copied(source, tmp_path / "t", "link/b/c.txt", "link")
    assert done.missing == (b"link/b/c.txt",)
    assert os.readlink(tmp_path / "t/link") == "a"


def test_a_target_that_became_a_link_is_replaced_not_followed(source: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "t"
    target.mkdir()
    (target / "a").symlink_to(outside)
    (outside / "file").write_text("safe")
    (target / "top.txt").symlink_to(outside / "file")
    copied(source, target, "a/b/c.txt", "top.txt", replace=True)
    assert [p.name for p in outside.iterdir()] == ["file"]
    assert (outside / "file").read_text() == "safe"
    assert (target / "top.txt").read_text() == "top"


def test_a_folder_where_a_file_belongs_is_replaced(source: Path, tmp_path: Path) -> None:
    (tmp_path / "t/top.txt/x").mkdir(parents=True)
    copied(source, tmp_path / "t", "top.txt", replace=True)
    assert (tmp_path / "t/top.txt").read_text() == "top"


def test_pipes_and_sockets_are_odd(source: Path, tmp_path: Path) -> None:
    os.mkfifo(source / "pipe")
    assert copied(source, tmp_path / "t", "pipe").odd == (b"pipe",)


def test_everything_leaves_the_repository_itself_out(source: Path) -> None:
    (source / ".git").mkdir()
    (source / ".git/HEAD").write_text("x")
    (source / "a/link").symlink_to("/")
    assert set(copy.everything(str(source))) == {b"top.txt", b"a/b/c.txt", b"a/link"}


def test_emptying_a_folder_removes_links_as_links(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "t"
    target.mkdir()
    (target / "link").symlink_to(source)
    copy.empty_folder(str(target))
    assert list(target.iterdir()) == []
    assert (source / "top.txt").exists()
    copy.empty_folder(str(tmp_path / "new"))
    assert (tmp_path / "new").is_dir()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=5000))
def test_bytes_are_the_same(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "one").write_bytes(data)
    (tmp_path / "two").unlink(missing_ok=True)
    assert copy.copy_file(os.fsencode(tmp_path / "one"), os.fsencode(tmp_path / "two"))
    assert (tmp_path / "two").read_bytes() == data


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(source: Path, tmp_path: Path) -> None:
    (source / "top.txt").chmod(0)
    with pytest.raises(SetupError, match=r"cannot copy top\.txt"):
        copied(source, tmp_path / "t", "top.txt")


def test_what_cannot_be_written_is_an_error_with_a_remedy(source: Path, tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t/top.txt").write_text("in the way")
    with pytest.raises(SetupError, match=r"cannot copy top\.txt: File exists"):
        copied(source, tmp_path / "t", "top.txt")
