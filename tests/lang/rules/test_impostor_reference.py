"""Versions that pretend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "impostor-reference"


@pytest.mark.parametrize("ref", ["refs/pull/12/head", "pull/12/merge", "refs/pull/1"])
def test_pull_requests_are_no_releases(found: Found, ref: str) -> None:
    message = f"'{ref}' is a pull request, which anybody may open, not a release"
    assert found(RULE, f"- uses: a/b@{ref}\n") == [f"a/b@{ref}: {message}"]


@pytest.mark.parametrize("ref", ["a1" * 19 + "a", "a1" * 20 + "b", "a1" * 32, "g1" * 20])
def test_what_looks_like_a_commit_should_be_one(found: Found, ref: str) -> None:
    (problem,) = found(RULE, f"- uses: a/b@{ref}\n")
    assert problem.endswith("looks like a commit and is none: a commit has 40 digits")


@pytest.mark.parametrize(
    "ref", ["a1" * 20, "v1", "main", "release/v1", "stable", "12345678", "f" * 35]
)
def test_what_is_what_it_says_is_fine(found: Found, ref: str) -> None:
    assert found(RULE, f"- uses: a/b@{ref}\n- uses: ./x\n") == []


def test_called_workflows_count(found: Found) -> None:
    text = "on: push\njobs:\n  a:\n    uses: a/b/.github/workflows/c.yml@refs/pull/1/head\n"
    assert len(found(RULE, text)) == 1
