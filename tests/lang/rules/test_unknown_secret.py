"""Secrets that cannot be there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-secret"
STEP = "- run: x\n  env: {T: '${{ secrets.%s }}'}"
CALLED = """\
on: %s
jobs:
  a:
    runs-on: x
    steps: [{run: x, env: {T: '${{ secrets.%s }}'}}]
"""


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "github_token", "MY_TOKEN", "_x"])
def test_names_that_a_secret_may_have(found: Found, name: str) -> None:
    assert found(RULE, STEP % name) == []


@pytest.mark.parametrize("name", ["GITHUB_PAT", "MY-TOKEN"])
def test_names_that_no_secret_has(found: Found, name: str) -> None:
    (shown,) = found(RULE, STEP % name)
    assert shown.endswith(f"no secret can be called '{name}'")


def test_a_called_workflow_gets_what_it_declares(found: Found, severities: Found) -> None:
    call = "{workflow_call: {secrets: {A: {required: true}}}}"
    assert found(RULE, CALLED % (call, "a")) == []
    assert severities(RULE, CALLED % (call, "b")) == ["info"]


@pytest.mark.parametrize("on", ["workflow_call", "{push: , workflow_call: {secrets: {A: }}}"])
def test_a_workflow_that_may_have_any_secrets(found: Found, on: str) -> None:
    assert found(RULE, CALLED % (on, "b")) == []
