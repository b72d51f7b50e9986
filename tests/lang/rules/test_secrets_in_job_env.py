"""Secrets that every step sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "secrets-in-job-env"


def text(where: str, uses: str = "a/b@v1", value: str = "${{ secrets.TOKEN }}") -> str:
    env = f"env:\n@  T: {value}\n"
    return (
        "on: push\n"
        + (env.replace("@", "") if where == "workflow" else "")
        + "jobs:\n  a:\n    runs-on: x\n"
        + ("    " + env.replace("@", "    ") if where == "job" else "")
        + f"    steps:\n      - uses: {uses}\n"
        + ("        " + env.replace("@", "        ") if where == "step" else "")
    )


@pytest.mark.parametrize("where", ["workflow", "job"])
def test_a_secret_for_all_steps_is_found_where_a_stranger_is_among_them(
    found: Found, where: str
) -> None:
    assert found(RULE, text(where)) == [
        "secrets.TOKEN: The secret 'TOKEN' is seen by 'a/b' and by every other step"
    ]


@pytest.mark.parametrize(
    "fine",
    [
        text("step"),
        text("job", "actions/checkout@v4"),
        text("job", "own/x@v1"),
        text("job", "./x"),
        text("job", value="${{ secrets.GITHUB_TOKEN }}"),
        text("job", value="${{ vars.TOKEN }} # secrets"),
    ],
)
def test_what_no_stranger_sees_is_fine(found: Found, fine: str) -> None:
    assert found(RULE, fine) == []
