"""Inputs that an action has deprecated."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.lang.model import ActionFile, Input

Found = Callable[..., list[str]]
RULE = "deprecated-input"
INPUTS = (Input("python", deprecation="use\n  python-version"), Input("python-version"))
ACTIONS = {"./a": ActionFile(path="", using="node20", inputs=INPUTS)}


def test_its_message_is_told(found: Found) -> None:
    text = "- uses: ./a\n  with:\n    Python: '3'\n    python-version: '3'\n"
    assert found(RULE, text, actions=ACTIONS) == [
        "Python: The input 'Python' is deprecated: use python-version"
    ]


def test_other_inputs_are_fine(found: Found) -> None:
    text = "- uses: ./a\n  with: {python-version: '3'}\n- uses: ./b\n  with: {python: '3'}\n"
    assert found(RULE, text, actions=ACTIONS) == []
