"""Checkouts of what strangers wrote, in runs that have secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "dangerous-checkout"


def text(step: str, on: str = "pull_request_target", if_: str = "true") -> str:
    return f"on: {on}\njobs:\n  a:\n    if: {if_}\n    runs-on: x\n    steps:\n      - {step}\n"


def checkout(**inputs: str) -> str:
    lines = "".join(f"\n          {name}: {value}" for name, value in inputs.items())
    return f"uses: actions/checkout@v4\n        with:{lines}"


HEADS = (
    "${{ github.event.pull_request.head.sha }}",
    "${{ github.head_ref }}",
    "${{ github.event.pull_request.merge_commit_sha }}",
    "refs/pull/${{ github.event.number }}/merge",
    "refs/pull/${{ github.event.pull_request.number }}/head",
    "${{ format('refs/pull/{0}/merge', github.event.number) }}",
    "${{ github.event.pull_request.head.sha || github.sha }}",
)


@pytest.mark.parametrize("head", HEADS)
def test_the_head_of_a_pull_request_is_found(found: Found, head: str) -> None:
    (problem,) = found(RULE, text(checkout(ref=head)))
    assert "is checked out in a run for pull_request_target" in problem
    assert problem.startswith("g") or problem.startswith("format")


@pytest.mark.parametrize(
    ("on", "head"),
    [
        ("workflow_run", "${{ github.event.workflow_run.head_sha }}"),
        ("workflow_run", "${{ github.event.workflow_run.head_branch }}"),
        ("issue_comment", "refs/pull/${{ github.event.issue.number }}/head"),
    ],
)
def test_other_events_have_secrets_too(found: Found, on: str, head: str) -> None:
    assert len(found(RULE, text(checkout(ref=head), on))) == 1


def test_the_repository_of_the_head_is_found(found: Found) -> None:
    step = checkout(repository="${{ github.event.pull_request.head.repo.full_name }}")
    assert len(found(RULE, text(step))) == 1


@pytest.mark.parametrize(
    "command",
    [
        "gh pr checkout 3",
        "git fetch origin pull/3/head",
        "git checkout ${{ github.event.pull_request.head.sha }}",
    ],
)
def test_commands_count(found: Found, command: str) -> None:
    (problem,) = found(RULE, text(f"run: {command}"))
    assert problem.startswith(command[:12])


@pytest.mark.parametrize(
    "step",
    [
        "uses: actions/checkout@v4",
        checkout(ref="${{ github.base_ref }}"),
        checkout(ref="${{ github.event.number }}"),
        checkout(path="${{ github.head_ref }}"),
        "run: git checkout main",
        "run: git fetch origin ${{ github.base_ref }}",
    ],
)
def test_the_base_is_fine(found: Found, step: str) -> None:
    assert found(RULE, text(step)) == []


@pytest.mark.parametrize("on", ["pull_request", "push", "workflow_dispatch"])
def test_runs_without_secrets_are_fine(found: Found, on: str) -> None:
    assert found(RULE, text(checkout(ref=HEADS[0]), on) + "# pull_request_target\n") == []


def test_a_condition_on_where_it_comes_from_is_enough(found: Found) -> None:
    condition = "github.event.pull_request.head.repo.full_name == github.repository"
    assert found(RULE, text(checkout(ref=HEADS[0]), if_=condition)) == []
