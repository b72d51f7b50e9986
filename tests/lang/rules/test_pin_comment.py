"""Comments behind pinned actions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "pin-comment"
ONE, TWO = "1" * 40, "2" * 40


def test_a_commit_without_a_comment_is_a_note(found: Found, severities: Found) -> None:
    text = f"- uses: a/b@{ONE}\n"
    assert found(RULE, text) == [
        f"a/b@{ONE}: No comment tells which version of 'a/b' this commit is"
    ]
    assert severities(RULE, text) == ["info"]


def test_one_commit_cannot_be_two_versions(found: Found, severities: Found) -> None:
    text = f"- uses: a/b@{ONE} # v1.2.3\n- uses: 'a/b@{ONE}' # v1.2.4\n"
    (problem,) = found(RULE, text)
    assert problem.endswith("This commit is said to be 1.2.4 here and 1.2.3 in line 6")
    assert severities(RULE, text) == ["warning"]


def test_one_version_cannot_be_two_commits(found: Found) -> None:
    text = f"- uses: a/b@{ONE} # v1.2.3\n- uses: a/b/c@{TWO} # 1.2.3\n"
    (problem,) = found(RULE, text)
    assert problem.endswith("a/b 1.2.3 is said to be this commit here, and 1111111 in line 6")


@pytest.mark.parametrize(
    "text",
    [
        f"- uses: a/b@{ONE} # v4\n- uses: a/b@{ONE} # v4.2.1\n",
        f"- uses: a/b@{ONE} # v4\n- uses: a/b@{TWO} # v4\n",
        f"- uses: a/b@{ONE} # tag=v4.1.0\n- uses: c/d@{ONE} # v1.0.0\n",
        f"- uses: a/b@{ONE} # main\n- uses: a/b@{ONE} # 2024 or so\n",
        "- uses: a/b@v1\n- uses: ./x\n",
    ],
)
def test_what_may_be_true_is_fine(found: Found, text: str) -> None:
    assert found(RULE, text) == []
