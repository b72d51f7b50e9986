"""Inputs that an action does not declare."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.lang.model import ActionFile, Input

Found = Callable[..., list[str]]
RULE = "action-input"
ACTION = ActionFile(path="", using="node20", inputs=(Input("fetch-depth"), Input("Path")))
ACTIONS = {"a/b@v1": ACTION, "./x": ActionFile(path="", using="composite")}


def test_an_input_that_is_not_declared_is_found(found: Found) -> None:
    text = "- uses: a/b@v1\n  with:\n    path: x\n    fetch_depth: 0\n"
    assert found(RULE, text, actions=ACTIONS) == ["fetch_depth: 'a/b' has no input 'fetch_depth'"]


def test_a_local_action_without_inputs_takes_none(found: Found) -> None:
    text = "- uses: ./x\n  with: {a: 1}\n"
    assert found(RULE, text, actions=ACTIONS) == ["a: './x' has no input 'a'"]


def test_a_stand_in_without_inputs_tells_nothing(found: Found) -> None:
    text = "- uses: a/c@v1\n  with: {a: 1}\n"
    actions = {"a/c@v1": ActionFile(path="", using="builtin")}
    assert found(RULE, text, actions=actions) == []


def test_an_action_that_is_not_known_is_passed_over(found: Found) -> None:
    assert found(RULE, "- uses: a/d@v1\n  with: {a: 1}\n", actions=ACTIONS) == []


def test_every_container_action_takes_an_entrypoint_and_arguments(found: Found) -> None:
    actions = {"./c": ActionFile(path="", using="docker")}
    text = "- uses: ./c\n  with: {args: a, entrypoint: b}\n"
    assert found(RULE, text, actions=actions) == []
    assert len(found(RULE, text, actions={"./c": ActionFile(path="", using="node20")})) == 2


def test_names_made_by_expressions_are_passed_over(found: Found) -> None:
    text = "- uses: ./x\n  with: {'${{ insert }}': '${{ matrix.with }}'}\n"
    assert found(RULE, text, actions=ACTIONS) == []
