"""hashFiles on a disk."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.store.hashfiles import function, hash_files


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def of(*contents: str) -> str:
    """The hash of files with these contents, in this order."""
    digests = (hashlib.sha256(content.encode()).digest() for content in contents)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def test_hashes_the_digests_in_the_order_of_the_walk(tmp_path: Path) -> None:
    put(tmp_path, "a/x", "a-b/x", "a.txt", ".git/x", "B")
    assert hash_files(["**"], str(tmp_path)) == of(".git/x", "B", "a/x", "a-b/x", "a.txt")


def test_children_are_ordered_by_their_bytes(tmp_path: Path) -> None:
    put(tmp_path, "z", "é", "Z", "😀", "\uffee")
    assert hash_files(["*"], str(tmp_path)) == of("Z", "z", "é", "\uffee", "😀")


def test_patterns_that_begin_elsewhere_are_walked_one_after_the_other(tmp_path: Path) -> None:
    put(tmp_path, "a/x", "b/x")
    assert hash_files(["b/*", "a/*"], str(tmp_path)) == of("b/x", "a/x")
    assert hash_files(["b/*\na/*", "b/x"], str(tmp_path)) == of("b/x", "a/x")


def test_no_match_is_the_empty_text(tmp_path: Path) -> None:
    assert hash_files(["**/nope", "gone/x"], str(tmp_path)) == ""
    assert hash_files([], str(tmp_path)) == ""


def test_files_outside_the_workspace_do_not_count(tmp_path: Path) -> None:
    put(tmp_path, "in/x", "out/x")
    workspace = tmp_path / "in"
    assert hash_files([f"{tmp_path}/out/x"], str(workspace)) == ""
    assert hash_files([f"{tmp_path}/**"], str(workspace)) == of("in/x")


def test_links_to_files_are_read_and_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "d/x")
    (tmp_path / "file").symlink_to("d/x")
    (tmp_path / "folder").symlink_to("d")
    assert hash_files(["**"], str(tmp_path)) == of("d/x", "d/x")
    assert hash_files(["folder/**"], str(tmp_path)) == ""


def test_links_are_followed_where_asked_but_not_in_circles(tmp_path: Path) -> None:
    put(tmp_path, "d/x")
    (tmp_path / "e").symlink_to("d")
    (tmp_path / "d" / "up").symlink_to("..")
    (tmp_path / "d" / "gone").symlink_to("nowhere")
    assert hash_files(["**"], str(tmp_path), True) == of("d/x", "d/x")
    assert hash_files(["--follow-symbolic-links", "**"], str(tmp_path)) == of("d/x", "d/x")


def test_a_link_to_nothing_fails_where_it_matches(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to("nowhere")
    put(tmp_path, "x")
    assert hash_files(["x"], str(tmp_path)) == of("x")
    with pytest.raises(ExpressionError, match=r"hashFiles\('\*'\) failed\. Fail to hash"):
        hash_files(["*"], str(tmp_path))


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError, match="Invalid glob option --nope"):
        hash_files(["--nope", "x"], str(tmp_path))


def test_a_bad_pattern_is_an_evaluation_error(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError, match="Relative pathing") as raised:
        hash_files(["../x"], str(tmp_path))
    assert raised.value.kind == "evaluation"


def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExpressionError, match="is not a regular file"):
        hash_files(["*"], str(tmp_path))


def test_a_folder_that_cannot_match_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a/x", "b/deep/x")
    seen: list[str] = []
    real = os.scandir

    def scandir(path: str) -> object:
        seen.append(os.path.relpath(path, tmp_path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert hash_files(["a/*", "*/x"], str(tmp_path)) == of("a/x")
    assert seen == [".", "a", "b"]


def test_very_deep_trees_are_walked(tmp_path: Path) -> None:
    deep = tmp_path / "/".join(["d"] * 600)
    deep.mkdir(parents=True)
    (deep / "x").write_text("deep")
    assert hash_files(["**/x"], str(tmp_path)) == of("deep")


def test_is_a_function_of_a_scope(tmp_path: Path) -> None:
    put(tmp_path, "1")
    assert function(str(tmp_path))([1, "nope"]) == of("1")
