"""The files that images are built of."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from agentmesh.executors.docker.context import Context


def names(root: Path, dockerfile: str = "Dockerfile") -> list[str]:
    data = b"".join(Context(str(root), dockerfile).archive())
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return sorted(tar.getnames())


def write(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root


def test_the_digest_is_of_files_and_not_of_times(tmp_path: Path):
    for number in (1, 2):
        place = write(tmp_path / str(number), "Dockerfile", "src/a.py")
        os.utime(place / "src/a.py", (number, number))
    first, second = (Context(str(tmp_path / n), "Dockerfile").digest() for n in "12")
    assert first == second
    (tmp_path / "2/src/a.py").write_text("other")
    assert Context(str(tmp_path / "2"), "Dockerfile").digest() != first


@pytest.mark.parametrize(
    ("rules", "left_out"),
    [
        ("*.pyc\n", {"a.pyc"}),
        ("**/*.pyc\n", {"a.pyc", "src/b.pyc"}),
        ("src\n", {"src", "src/b.pyc", "src/c.py"}),
        ("src/*\n!src/c.py\n", {"src/b.pyc"}),
        ("# nothing\n\n", set()),
        ("/src/\n", {"src", "src/b.pyc", "src/c.py"}),
        ("?.pyc\n", {"a.pyc"}),
        ("Dockerfile\n.dockerignore\n", set()),
    ],
)
def test_dockerignore_leaves_files_out(tmp_path: Path, rules: str, left_out: set[str]):
    root = write(tmp_path, "Dockerfile", "a.pyc", "src/b.pyc", "src/c.py")
    everything = set(names(root))
    (root / ".dockerignore").write_text(rules)
    assert everything - set(names(root)) == left_out


def test_an_ignore_file_of_the_dockerfiles_own_wins(tmp_path: Path):
    root = write(tmp_path, "Own", "a", "b")
    (root / ".dockerignore").write_text("a\n")
    (root / "Own.dockerignore").write_text("b\n")
    assert {"a"} <= set(names(root, "Own"))
    assert "b" not in names(root, "Own")


def test_sockets_are_no_files(tmp_path: Path):
    root = write(tmp_path, "Dockerfile")
    os.mkfifo(root / "pipe")
    assert names(root) == ["Dockerfile"]
