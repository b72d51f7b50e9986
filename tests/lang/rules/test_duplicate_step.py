"""Steps that do the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "duplicate-step"


def test_the_same_action_with_the_same_inputs(found: Found) -> None:
    text = "- {uses: a/b@v1, with: {x: 1, y: 2}}\n- {uses: a/b@v1, with: {y: 2, x: 1}}"
    assert found(RULE, text) == ["a/b@v1: This step does the same as the one in line 6"]


@pytest.mark.parametrize(
    "second",
    [
        "{uses: a/b@v2, with: {x: 1}}",
        "{uses: a/b@v1, with: {x: 2}}",
        "{uses: a/b@v1, with: {x: 1}, if: failure()}",
        "{uses: a/b@v1, with: {x: 1}, env: {A: 1}}",
        "{uses: a/b@v1, with: {x: 1}, name: again}",
    ],
)
def test_steps_that_differ(found: Found, second: str) -> None:
    assert found(RULE, f"- {{uses: a/b@v1, with: {{x: 1}}}}\n- {second}") == []


def test_scripts_may_be_repeated(found: Found) -> None:
    assert found(RULE, "- run: sleep 1\n- run: sleep 1") == []
