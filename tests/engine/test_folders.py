"""A job's folders: fresh at its start, gone at its end."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from agentmesh.engine import folders
from agentmesh.lang.model import Job
from agentmesh.plan.model import JobSpec, Source


def spec(key: str = "build", repository: str = "owner/repo") -> JobSpec:
    return JobSpec(
        run="7",
        key=key,
        id="build",
        name="build",
        job=Job(id="build"),
        workflow_path="ci.yml",
        source=Source(directory="/repo", repository=repository),
    )


def test_a_job_gets_empty_folders_that_others_cannot_read(tmp_path: Path):
    dirs = folders.make(str(tmp_path), str(tmp_path), spec())
    assert dirs.workspace.endswith("/repo/repo")
    assert stat.S_IMODE(os.stat(dirs.root).st_mode) == 0o700
    for folder in (dirs.workspace, dirs.home, dirs.temp, dirs.tools, dirs.files):
        assert os.listdir(folder) == []


def test_small_files_may_lie_elsewhere_and_all_is_removed(tmp_path: Path):
    (tmp_path / "disk").mkdir()
    dirs = folders.make(str(tmp_path / "disk"), str(tmp_path / "memory"), spec())
    assert Path(dirs.files).is_relative_to(tmp_path / "memory")
    assert stat.S_IMODE(Path(dirs.files).parent.stat().st_mode) == 0o700
    asyncio.run(folders.remove_all(dirs))
    assert not os.path.exists(dirs.root)
    assert not os.path.exists(dirs.files)


def test_files_for_the_home_are_private(tmp_path: Path):
    dirs = folders.make(
        str(tmp_path), str(tmp_path), spec(), [(".config/pip/pip.conf", b"[global]\n")]
    )
    path = Path(dirs.home, ".config/pip/pip.conf")
    assert path.read_bytes() == b"[global]\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["../../etc", "a/b", "a b", "ä", "", ".", "x" * 300, "a\0b"])
def test_any_name_becomes_one_short_plain_part(text: str):
    name = folders.plain(text)
    assert name not in ("", ".", "..")
    assert len(name) <= 60
    assert not set(name) & set("/\0 ")


def test_names_that_look_alike_stay_apart():
    assert folders.plain("a/b") != folders.plain("a_b") != folders.plain("a b")


@pytest.mark.parametrize("files", [3, folders.FEW + 50])
def test_all_is_removed_and_links_are_not_followed(tmp_path: Path, files: int):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    root = tmp_path / "root"
    (root / "deep/er").mkdir(parents=True)
    (root / "link").symlink_to(outside)
    for number in range(files):
        (root / "deep/er" / str(number)).write_text("x")
    asyncio.run(folders.remove(str(root)))
    assert not root.exists()
    assert (outside / "kept").read_text() == "kept"


def test_folders_that_a_job_made_unwritable_go_too(tmp_path: Path):
    root = tmp_path / "root"
    (root / "locked").mkdir(parents=True)
    (root / "locked" / "file").write_text("x")
    (root / "locked").chmod(0o500)
    asyncio.run(folders.remove(str(root)))
    assert not root.exists()


def test_removing_what_is_not_there_is_nothing(tmp_path: Path):
    asyncio.run(folders.remove(str(tmp_path / "nothing")))
    assert list(tmp_path.iterdir()) == []
