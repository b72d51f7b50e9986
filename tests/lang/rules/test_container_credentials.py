"""Passwords in the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "container-credentials"


def text(password: str) -> str:
    credentials = f"{{image: i, credentials: {{username: u, password: {password}}}}}"
    return (
        f"on: push\njobs:\n  a:\n    runs-on: x\n    container: {credentials}\n"
        f"    services: {{db: {credentials}, other: {{image: i}}}}\n    steps: [{{run: x}}]\n"
    )


@pytest.mark.parametrize("password", ["hunter2", "\"${{ 'hunter2' }}\""])
def test_containers_and_services_are_looked_at(found: Found, password: str) -> None:
    problems = found(RULE, text(password))
    assert len(problems) == 2
    assert all("hunter2" in problem.partition(":")[0] for problem in problems)


@pytest.mark.parametrize("password", ["'${{ secrets.P }}'", "''"])
def test_secrets_are_fine(found: Found, password: str) -> None:
    assert found(RULE, text(password)) == []
