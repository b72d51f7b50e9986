"""What the token may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "excess-permissions"
STEP = "    runs-on: x\n    steps: [{run: a}]\n"
TOKEN = "    runs-on: x\n    steps:\n      - run: a\n        env: {T: '${{ github.token }}'}\n"


def test_write_all_is_too_much_wherever_it_is(found: Found) -> None:
    text = f"on: push\npermissions: write-all\njobs:\n  a:\n    permissions: write-all\n{STEP}"
    assert found(RULE, text) == ["write-all: The token may write everything"] * 2


def test_a_grant_to_all_of_several_jobs_is_a_note(found: Found, severities: Found) -> None:
    text = f"on: push\npermissions: {{contents: read, packages: write}}\njobs:\n  a:\n{STEP}"
    assert found(RULE, text) == []
    text += f"  b:\n{STEP}"
    assert found(RULE, text) == ["packages: All 2 jobs of this workflow may write packages"]
    assert severities(RULE, text) == ["info"]


@pytest.mark.parametrize(
    "job",
    [
        TOKEN,
        TOKEN.replace("github.token", "secrets.GITHUB_TOKEN"),
        STEP.replace("run: a", "uses: softprops/action-gh-release@v2"),
    ],
)
def test_a_token_in_use_without_limits_is_a_note(found: Found, severities: Found, job: str) -> None:
    text = f"on: push\njobs:\n  a:\n{job}"
    assert found(RULE, text) == ["a: The job 'a' uses the token, and nothing says what that may do"]
    assert severities(RULE, text) == ["info"]


@pytest.mark.parametrize(
    "where", ["permissions: {}\njobs:\n  a:\n", "jobs:\n  a:\n    permissions: {}\n"]
)
def test_limits_are_fine_wherever_they_are(found: Found, where: str) -> None:
    assert found(RULE, f"on: push\n{where}{TOKEN}") == []


def test_a_job_without_the_token_needs_no_limits(found: Found) -> None:
    assert found(RULE, f"on: push\njobs:\n  a:\n{STEP}") == []
