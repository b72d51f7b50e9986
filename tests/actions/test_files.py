"""Finding files by patterns."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.actions import files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/x.txt", "a/b/y.txt", "a/b/c/z.txt", "a/.h/w.txt", "q[1].txt", "a/v.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a"], ["a/.h/w.txt", "a/b/c/z.txt", "a/b/y.txt", "a/v.log", "a/x.txt"]),
        (["a/*"], ["a/.h/w.txt", "a/b/c/z.txt", "a/b/y.txt", "a/v.log", "a/x.txt"]),
        (["a/*.txt"], ["a/x.txt"]),
        (["**/*.txt", "!a/b"], ["a/.h/w.txt", "a/x.txt", "q[1].txt"]),
        (["**/y.txt"], ["a/b/y.txt"]),
        (["a/**/z.txt"], ["a/b/c/z.txt"]),
        (["a/**/x.txt"], ["a/x.txt"]),
        (["a/[!x].txt", "a/?.log"], ["a/v.log"]),
        (["a/[x-z].txt"], ["a/x.txt"]),
        (["q\\[1\\].txt"], ["q[1].txt"]),
        (["a/x.txt/"], []),
        (["a/b/", "!a/b/**/z.txt"], ["a/b/y.txt"]),
        (["!a/b", "a/b/y.txt"], ["a/b/y.txt"]),
        (["a/b/y.txt", "!!a/x.txt"], ["a/b/y.txt", "a/x.txt"]),
        (["nothing/**"], []),
        (["# a"], []),
        (["./a/../a/x.txt"], ["a/x.txt"]),
    ],
)
def test_patterns_select(tree: Path, lines: list[str], expected: list[str]) -> None:
    found = files.search(lines, str(tree), "/home")
    assert [os.path.relpath(p, tree) for p in found.files] == expected


def test_home_stands_for_a_tilde(tree: Path) -> None:
    assert files.search(["~/x.txt"], "/", str(tree / "a")).files == (str(tree / "a/x.txt"),)


def test_hidden_names_can_be_left_out(tree: Path) -> None:
    found = files.search(["a"], str(tree), "/home", hidden=False)
    assert not any("/.h/" in p for p in found.files)
    assert files.search(["a/.h"], str(tree), "/home", hidden=False).files == ()


def test_loops_and_broken_links_are_left_out(tree: Path) -> None:
    (tree / "a/loop").symlink_to("..")
    (tree / "a/broken").symlink_to("nowhere")
    (tree / "linked").symlink_to("a/b")
    found = {os.path.relpath(p, tree) for p in files.search(["**/*.txt"], str(tree), "/h").files}
    assert "linked/c/z.txt" in found
    assert "a/broken" not in found
    assert not any("loop/a/loop" in p for p in found)


def test_searches_start_at_literal_folders_and_each_once(tree: Path) -> None:
    found = files.search(["a/b/*.txt", "a/**", "q*"], str(tree), "/home")
    assert found.starts == (str(tree),)
    assert files.search(["a/b/c", "a"], str(tree), "/home").starts == (str(tree / "a"),)


def test_the_digest_is_that_of_hash_files(tree: Path) -> None:
    each = [hashlib.sha256(t).digest() for t in (b"a/x.txt", b"a/v.log")]
    expected = hashlib.sha256(b"".join(each)).hexdigest()
    assert files.digest([str(tree / "a/x.txt"), str(tree / "a/v.log")]) == expected
    assert files.digest([]) == ""


def test_inside_looks_through_links(tree: Path) -> None:
    (tree / "a/out").symlink_to("/")
    assert files.inside(str(tree / "a/new/file"), str(tree))
    assert files.inside(str(tree), str(tree))
    assert not files.inside(str(tree / "a/out/etc"), str(tree))
    assert not files.inside(str(tree) + "x", str(tree))


@given(st.text(alphabet="ab*?[]!^\\-&~|.", max_size=12), st.text(alphabet="ab-.", max_size=6))
def test_any_text_compiles_to_a_pattern(pattern: str, name: str) -> None:
    compiled = files.segment(pattern)
    assert compiled.match(name) is None or isinstance(compiled, re.Pattern)


@given(st.text(alphabet="abc.-_ ", min_size=1, max_size=10))
def test_a_plain_name_matches_itself_alone(name: str) -> None:
    assert files.segment(name).match(name)
    assert not files.segment(name).match(name + "x")


def test_a_range_that_ends_before_it_starts_is_no_set():
    assert files.segment("[z-a]x").match("[z-a]x")
    assert not files.segment("[z-a]x").match("bx")
    assert files.segment("[[-?]").match("[-")
