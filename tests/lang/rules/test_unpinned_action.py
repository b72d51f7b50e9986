"""Versions that can be moved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unpinned-action"
COMMIT = "8ade135a41bc03ea155e62e844d188df1ea18608"


@pytest.mark.parametrize(
    ("uses", "message", "severity"),
    [
        ("a/b@v1", "'a/b' is named by the version 'v1', which can be moved", "warning"),
        (
            "A/b/c@main",
            "'a/b/c' is named by the branch or tag 'main', which can be moved",
            "warning",
        ),
        (
            "actions/checkout@v4",
            "'actions/checkout' is named by the version 'v4', which can be moved",
            "info",
        ),
        ("docker://alpine:3", "The image 'alpine:3' is named by a tag, which can be moved", "info"),
    ],
)
def test_each_kind_is_found(
    found: Found, severities: Found, uses: str, message: str, severity: str
) -> None:
    text = f"- uses: {uses} # x\n"
    assert found(RULE, text) == [f"{uses}: {message}"]
    assert severities(RULE, text) == [severity]


@pytest.mark.parametrize(
    "uses",
    [
        f"a/b@{COMMIT}",
        "own/x@main",
        "./a",
        "$/a",
        "docker://a@sha256:0",
        "docker://${{ env.A }}",
        "a/b@8ade135",
    ],
)
def test_what_stays_put_or_is_ones_own_is_fine(found: Found, uses: str) -> None:
    assert found(RULE, f"- uses: {uses}\n") == []


def test_called_workflows_count(found: Found) -> None:
    text = "on: push\njobs:\n  a:\n    uses: a/b/.github/workflows/c.yml@v1\n"
    assert len(found(RULE, text)) == 1
    assert len(found(RULE, text.replace("v1", COMMIT))) == 0


def test_what_must_be_called_by_tag_may_be(found: Found) -> None:
    uses = "slsa-framework/slsa-github-generator/.github/workflows/a.yml@v2.1.0"
    assert found(RULE, f"on: push\njobs:\n  a:\n    uses: {uses}\n") == []
