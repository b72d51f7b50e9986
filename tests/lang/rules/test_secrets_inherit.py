"""All secrets for somebody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "secrets-inherit"
TEXT = "on: push\njobs:\n  a:\n    uses: {uses}\n    secrets: {secrets}\n"
FOREIGN = "a/b/.github/workflows/c.yml@v1"


def test_a_foreign_workflow_that_inherits_is_found(found: Found) -> None:
    text = TEXT.format(uses=FOREIGN, secrets="inherit")
    assert found(RULE, text) == [
        "inherit: All secrets are given to 'a/b', which is somebody else's"
    ]


@pytest.mark.parametrize(
    ("uses", "secrets"),
    [
        ("./.github/workflows/c.yml", "inherit"),
        ("Own/x/.github/workflows/c.yml@v1", "inherit"),
        (FOREIGN, "{a: '${{ secrets.inherit }}'}"),
    ],
)
def test_ones_own_and_what_is_named_is_fine(found: Found, uses: str, secrets: str) -> None:
    assert found(RULE, TEXT.format(uses=uses, secrets=secrets)) == []


def test_where_the_repository_is_unknown_all_others_are_foreign(found: Found) -> None:
    text = TEXT.format(uses="own/x/.github/workflows/c.yml@v1", secrets="inherit")
    assert len(found(RULE, text, repository="")) == 1
