"""Tokens that are uploaded with the workspace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "persisted-credentials"
CHECKOUT = "- uses: actions/checkout@v4\n"
COMMIT = "1" * 40


def upload(path: str, ref: str = "v3", more: str = "") -> str:
    return f"- uses: actions/upload-artifact@{ref}\n  with:\n    path: {path}\n{more}"


HIDDEN = "    include-hidden-files: true\n"


@pytest.mark.parametrize(
    "step",
    [
        upload("."),
        upload("./"),
        upload("'**'"),
        upload("${{ github.workspace }}"),
        upload("${{ github.workspace }}/**"),
        upload("|\n      dist\n      .\n"),
        upload(".git/config", "v4"),
        upload(".", "v4", HIDDEN),
        upload(".", COMMIT),
        upload(".", f"{COMMIT} # v3.1.0"),
    ],
)
def test_an_upload_of_all_takes_the_token_along(found: Found, step: str) -> None:
    (problem,) = found(RULE, CHECKOUT + step)
    assert problem.startswith(
        "actions/checkout@v4: The token that this leaves in .git is uploaded in line 7"
    )


@pytest.mark.parametrize(
    "steps",
    [
        CHECKOUT + "  with: {persist-credentials: false}\n" + upload("."),
        CHECKOUT + upload("dist"),
        CHECKOUT + upload(".", "v4"),
        CHECKOUT + upload(".", f"{COMMIT} # v4.6.2"),
        CHECKOUT + upload("|\n      .\n      !.git\n"),
        upload(".") + CHECKOUT,
        CHECKOUT + "- run: upload-artifact\n",
    ],
)
def test_what_leaves_the_token_at_home_is_fine(found: Found, steps: str) -> None:
    assert found(RULE, steps) == []


def test_jobs_do_not_share_a_workspace(found: Found) -> None:
    def job(name: str, step: str) -> str:
        return (
            f"  {name}:\n    runs-on: x\n    steps:\n      "
            + step.replace("\n", "\n      ").rstrip()
            + "\n"
        )

    text = "on: push\njobs:\n" + job("a", CHECKOUT) + job("b", upload("."))
    assert found(RULE, text) == []
