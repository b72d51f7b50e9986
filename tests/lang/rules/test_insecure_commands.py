"""Commands that any output can hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "insecure-commands"
NAME = "ACTIONS_ALLOW_UNSECURE_COMMANDS"


@pytest.mark.parametrize("value", ["true", "'true'", "1", "${{ inputs.x }}"])
def test_it_is_found_at_each_level(found: Found, value: str) -> None:
    text = (
        f"on: push\nenv:\n  {NAME}: {value}\njobs:\n  a:\n    runs-on: x\n    env:\n      {NAME}: {value}\n"
        f"    steps:\n      - run: x\n        env:\n          {NAME}: {value}\n"
    )
    message = "Whatever a step prints can now set variables and programs"
    assert found(RULE, text) == [f"{NAME}: {message}"] * 3


@pytest.mark.parametrize("value", ["false", "'false'", "''", ""])
def test_what_keeps_them_off_is_fine(found: Found, value: str) -> None:
    assert found(RULE, f"- run: x\n  env:\n    {NAME}: {value}\n") == []
