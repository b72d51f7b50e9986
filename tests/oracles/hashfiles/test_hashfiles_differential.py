"""hashFiles against GitHub's published glob package, on generated trees and patterns."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.store.hashfiles import hash_files

NAMES = ["a", "b", "a-b", "a.txt", "b.json", ".git", ".x", "[a]", "A", "é", "a b", "aa", "x1"]
SEGMENTS = [
    *NAMES, "*", "**", "**", "?", "a*", "*.txt", "*.json", "[ab]", "[!a]", "[^a]*", "[a-c]*", ".*",
    "\\a", "[[]a[]]", "*b*", "a**", "[a", "[]a]", "[[:alpha:]]*", "??", "[b-a]", "*.*", "\\[a\\]",
]  # fmt: skip


def tree(at: Path, random_: random.Random, depth: int = 0) -> None:
    """Files, folders and links with names that patterns trip over."""
    for name in random_.sample(NAMES, random_.randint(2, 5)):
        path = at / name
        roll = random_.random()
        if roll < 0.4 and depth < 3:
            path.mkdir()
            tree(path, random_, depth + 1)
        elif roll < 0.5:
            target = random_.choice(["a", "a.txt", "b", "..", "nowhere"])
            path.symlink_to(target if target != name else "b")
        else:
            path.write_text(f"{random_.random()}")


def pattern(random_: random.Random, workspace: Path) -> str:
    text = "/".join(random_.choice(SEGMENTS) for _ in range(random_.randint(1, 4)))
    text += random_.choice(["", "", "", "/"])
    before = random_.choice(["", "", "", "", "!", "! ", "./", f"{workspace}/", "!!", " ", "#"])
    return before + text


def ours(workspace: Path, patterns: list[str], follow: bool) -> object:
    try:
        return hash_files(patterns, str(workspace), follow)
    except ExpressionError as error:
        return {"error": error.message}


def compare(
    workspaces: int, each: int, seed: int, root: Path, judge: Callable[..., list[Any]]
) -> None:
    random_ = random.Random(seed)
    cases: list[dict[str, Any]] = []
    for number in range(workspaces):
        workspace = root / f"w{number}"
        workspace.mkdir()
        tree(workspace, random_)
        for _ in range(each):
            lines = [pattern(random_, workspace) for _ in range(random_.randint(1, 3))]
            follow = random_.random() < 0.3
            cases.append({"workspace": str(workspace), "patterns": lines, "follow": follow})
    answers = judge("hashfiles/oracle.mjs", cases)
    wrong = []
    for case, theirs in zip(cases, answers, strict=True):
        mine = ours(Path(case["workspace"]), case["patterns"], case["follow"])
        if isinstance(mine, dict) != isinstance(theirs, dict) or (
            isinstance(theirs, str) and mine != theirs
        ):
            wrong.append((case, mine, theirs))
    matched = sum(isinstance(answer, str) and answer != "" for answer in answers)
    assert matched > len(cases) // 10
    assert not wrong, f"seed {seed}: {len(wrong)} of {len(cases)} differ, as {wrong[:3]}"


def test_hashes_are_those_of_the_glob_package(
    tmp_path: Path, judge: Callable[..., list[Any]]
) -> None:
    compare(20, 40, 20_260_101, tmp_path, judge)


@pytest.mark.soak
def test_hashes_are_those_of_the_glob_package_at_length(
    tmp_path: Path, judge: Callable[..., list[Any]]
) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    compare(200, 60, seed, tmp_path, judge)
