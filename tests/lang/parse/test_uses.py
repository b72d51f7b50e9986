"""What ``uses`` may look like."""

from __future__ import annotations

import pytest

from agentmesh.lang.parse.uses import wrong_call, wrong_step


@pytest.mark.parametrize(
    "uses",
    [
        "actions/checkout@v4",
        "owner/name/sub/folder@main",
        "owner/name@feature/x",
        "./local",
        "./",
        "$/local",
        ".\\local",
        "docker://alpine:3",
    ],
)
def test_a_step_may_use(uses: str) -> None:
    assert wrong_step(uses) == ""


@pytest.mark.parametrize(
    "uses", ["checkout", "actions/checkout", "checkout@v4", "a/b@", "a/b@c@d", "/@v1"]
)
def test_a_step_may_not_use(uses: str) -> None:
    assert wrong_step(uses) == f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{uses}'"


@pytest.mark.parametrize(
    "uses",
    [
        "./.github/workflows/a.yml",
        "$/.github/workflows/a.yaml",
        "./.github/workflows-lab/a.yml",
        "owner/name/.github/workflows/a.yml@v1",
        "owner/name/.github/workflows/a.yml@feature/x",
    ],
)
def test_a_job_may_use(uses: str) -> None:
    assert wrong_call(uses) == ("", False)


@pytest.mark.parametrize(
    ("uses", "reason"),
    [
        ("./.github/workflows/a.yml@v1", "cannot specify version when calling local workflows"),
        (
            "./.github/workflows/a",
            "workflow file should have either a '.yml' or '.yaml' file extension",
        ),
        ("./.github/workflows/.yml", "invalid workflow file name"),
        ("owner/name/.github/workflows/a.yml", "no version specified"),
        ("owner/name/.github/workflows/a.yml@", "no version specified"),
        ("owner/name/.github/workflows/a.yml@a@b", "too many '@' in workflow reference"),
        ("owner/name/a.yml@v1", "references to workflows must be rooted in '.github/workflows'"),
        (
            "owner/.github/workflows/a.yml@v1",
            "references to workflows must be rooted in '.github/workflows'",
        ),
        (
            "o o/name/.github/workflows/a.yml@v1",
            "references to workflows must be prefixed with format 'owner/repository/'",
        ),
        (
            "owner/name/.github/workflows/sub/a.yml@v1",
            "workflows must be defined at the top level of the .github/workflows/ directory",
        ),
        ("owner/name/.github/workflows/a.yml@v..1", "invalid version: v..1"),
        ("owner/name/.github/workflows/a.yml@v1.lock", "invalid version: v1.lock"),
        ("owner/name/.github/workflows/a.yml@v/", "version cannot begin or end with a slash '/'"),
        (
            "owner/name/.github/workflows/a.txt@v1",
            "workflow file should have either a '.yml' or '.yaml' file extension",
        ),
    ],
)
def test_a_job_may_not_use(uses: str, reason: str) -> None:
    assert wrong_call(uses) == (f"Invalid workflow reference '{uses}': {reason}", False)


@pytest.mark.parametrize("uses", ["./a.yml", "./.github/workflows/sub/a.yml"])
def test_a_local_workflow_elsewhere_is_merely_unwise(uses: str) -> None:
    message, unwise = wrong_call(uses)
    assert unwise
    assert message.endswith("local workflows must be rooted in '.github/workflows'")
