"""Programs and the versions they say they have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentmesh.actions.toolchain import programs
from agentmesh.actions.toolchain.versions import Version


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("echo go version go1.22.3 linux/amd64", Version(1, 22, 3)),
        ("echo rustc 1.80 hash", Version(1, 80)),
        ("echo 9.1.0", Version(9, 1)),
        ("echo go version go1.23rc1", Version(1, 23, 0, ("rc", "00000001"))),
        ("echo nothing", None),
        ("echo 1.2.3; exit 1", None),
    ],
)
def test_the_first_version_counts(tmp_path: Path, says: str, version: Version | None) -> None:
    assert programs.ask(str(script(tmp_path / "it", says)), ()) == version


def test_each_real_program_is_found_once(tmp_path: Path) -> None:
    script(tmp_path / "a/it", "echo 1.0.0")
    script(tmp_path / "b/it", "echo 2.0.0")
    (tmp_path / "c").symlink_to("a")
    (tmp_path / "d/it").mkdir(parents=True)
    folders = [str(tmp_path / name) for name in ("c", "a", "b", "d", "none")]
    found = programs.find("it", [*folders, ""], ())
    assert [str(p.version) for p in found] == ["1.0.0", "2.0.0"]


def test_links_are_made_anew(tmp_path: Path) -> None:
    one = script(tmp_path / "a/it", "echo 1")
    for _ in range(2):
        programs.link_all([str(one), str(tmp_path / "gone")], str(tmp_path / "bin"))
    assert os.listdir(tmp_path / "bin") == ["it"]
