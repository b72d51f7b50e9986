"""Inputs that an action requires."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.model import ActionFile, Input, Text

Found = Callable[..., list[str]]
RULE = "missing-input"
INPUTS = (
    Input("Key", required=True),
    Input("path", required=True),
    Input("token", required=True, default=Text("x")),
    Input("other"),
)
ACTIONS = {"a/b@v1": ActionFile(path="", using="node20", inputs=INPUTS)}


def test_what_is_required_must_be_given(found: Found) -> None:
    text = "- uses: a/b@v1\n  with: {other: 1}\n"
    assert found(RULE, text, actions=ACTIONS) == [
        "a/b@v1: The action requires the inputs 'Key', 'path'"
    ]


def test_without_any_inputs_all_are_missing(found: Found) -> None:
    assert len(found(RULE, "- uses: a/b@v1\n", actions=ACTIONS)) == 1


@pytest.mark.parametrize(
    "step",
    [
        "uses: a/b@v1\n  with: {key: a, PATH: b}",
        "uses: a/b@v1\n  with: {'${{ insert }}': '${{ matrix.with }}'}",
        "uses: a/c@v1",
        "run: x # uses",
    ],
)
def test_what_is_given_or_unknown_is_fine(found: Found, step: str) -> None:
    assert found(RULE, f"- {step}\n", actions=ACTIONS) == []
