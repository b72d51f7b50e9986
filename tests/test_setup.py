"""tools/setup on a machine that lacks something."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("sh", "dirname", "env", "flock", "id")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A copy of what set-up reads, and a PATH with next to nothing on it, as a plain user."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "tools", project / "tools", ignore=shutil.ignore_patterns("node*"))
    shutil.copytree(ROOT / "requirements", project / "requirements")
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in TOOLS:
        there = shutil.which(name)
        assert there is not None
        (commands / name).symlink_to(there)
    (commands / "id").unlink()
    (commands / "id").write_text("#!/bin/sh\necho 1000\n")
    (commands / "id").chmod(0o755)
    (commands / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (commands / "python3").chmod(0o755)
    return project


PODMAN = Path("/usr/lib/podman")
DEVELOPERS = (
    *("git", "tmux", "util-linux", "zstd", "docker.io", "iptables", "podman", "runc"),
    *(name for name in ("netavark", "aardvark-dns") if not (PODMAN / name).exists()),
    *("busybox-static", "buildah", "qemu-user-static", "docker-registry"),
)
"""What a machine without commands lacks; two packages of Podman have no command on PATH."""


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("run", ("git",)),
        ("dev", DEVELOPERS),
    ],
)
def test_names_exactly_what_is_missing_where_it_may_not_install(
    bare: Path, kind: str, named: tuple[str, ...]
) -> None:
    done = subprocess.run(
        ["/bin/sh", "tools/setup", kind],
        cwd=bare,
        env={"PATH": str(bare.parent / "bin"), "HOME": str(bare.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert f"apt-get install {' '.join(named)}\n" in done.stderr
    assert not (bare / ".venv").exists()
