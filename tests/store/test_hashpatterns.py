"""The patterns of hashFiles, without a disk."""

from __future__ import annotations

import pytest

from agentmesh.store.hashpatterns import beginning, live_at, matches_file, may_match_below, read

ROOT = "/w s/[x]"


def matches(path: str, *patterns: str) -> bool:
    folder, _, name = f"{ROOT}/{path}".rpartition("/")
    names = [segment for segment in folder.split("/") if segment]
    return matches_file(live_at(read(patterns, ROOT, "/home/me"), names), name)


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a.txt", ["a.txt"]),
        ("*.txt", ["a.txt", ".txt", "é.txt"]),
        ("**/*.txt", ["a.txt", "d/a.txt", "d/.x/e/a.txt"]),
        ("**", ["a", "d/a", ".git/config"]),
        ("d/**", ["d/a", "d/e/a", "d"]),
        ("d", ["d", "d/a", "d/e/a"]),
        ("d/", ["d/a", "d/e/a"]),
        ("*/e", ["d/e", "d/e/a"]),
        ("d/**/a", ["d/a", "d/e/a", "d/e/f/a", "d/a/below"]),
        ("?.txt", ["a.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[!ab].txt", ["c.txt"]),
        ("[^ab].txt", ["c.txt"]),
        ("[a-c].txt", ["b.txt"]),
        ("[]a].txt", ["].txt", "a.txt"]),
        ("[[:digit:]].txt", ["1.txt"]),
        ("[a", ["[a"]),
        ("\\*.txt", ["*.txt"]),
        ("[*].txt", ["*.txt"]),
        ("a**b", ["ab", "axxb"]),
        ("./a", ["a"]),
        ("d//a", ["d/a"]),
        (f"{ROOT.replace('[', '[[]')}/a", ["a"]),
        ("{a,b}", ["{a,b}"]),
        (" a.txt ", ["a.txt"]),
        ("!!a", ["a"]),
    ],
)
def test_matches(pattern: str, paths: list[str]) -> None:
    assert [path for path in paths if not matches(path, pattern)] == []


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("a.txt", ["d/a.txt", "a.txtx", "A.txt"]),
        ("*.txt", ["d/a.txt", "a.txt.gz"]),
        ("**/*.txt", ["a.md", "d/txt"]),
        ("d/", ["d"]),
        ("?.txt", [".txt", "ab.txt"]),
        ("[b-a].txt", ["a.txt", "b.txt"]),
        ("*(a|b)", ["a"]),
        ("#a", ["#a", "a"]),
        ("", ["a"]),
        ("/a", ["a"]),
        ("!a", ["a", "b"]),
    ],
)
def test_does_not_match(pattern: str, paths: list[str]) -> None:
    assert [path for path in paths if matches(path, pattern)] == []


def test_the_last_pattern_that_matches_decides() -> None:
    assert not matches("d/a", "**", "!d/**")
    assert matches("d/a", "!d/**", "**")
    assert matches("d/a", "**", "!d", "d/a")
    assert matches("b", "**\n!d")


def test_home_stands_for_a_tilde() -> None:
    (pattern, _) = read(["~/x"], ROOT, "/home/me")
    assert pattern.segments == ("home", "me", "x")
    with pytest.raises(ValueError, match="HOME"):
        read(["~/x"], ROOT, None)


@pytest.mark.parametrize("pattern", ["../a", "a/../b", "a/./b", "[.][.]/a", "\\.\\./a", "/./a"])
def test_relative_steps_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"Relative pathing '\.' and '\.\.' is not"):
        read([pattern], ROOT, None)


def test_a_bare_exclamation_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="pattern cannot be empty"):
        read(["! "], ROOT, None)


def test_a_walk_begins_at_the_first_wildcard() -> None:
    (pattern, _) = read(["d/[e]/f*/g"], ROOT, None)
    assert beginning(pattern) == ["w s", "[x]", "d", "e"]


def test_a_folder_where_nothing_can_match_is_dead() -> None:
    live = live_at(read(["d/*.txt", "!**"], ROOT, None), ["w s", "[x]", "other"])
    assert not may_match_below(live)
