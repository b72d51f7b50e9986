"""Nodes as values of the model."""

from __future__ import annotations

import pytest

from agentmesh.lang.model import Map, Seq, Text
from agentmesh.lang.parse import values
from agentmesh.lang.yaml import Node, load


def node(text: str) -> Node:
    root, problems = load(text, "f.yml")
    assert problems == ()
    assert root is not None
    return root


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (1.5, "1.5"),
        (3.0, "3"),
        (1e21, "1e+21"),
    ],
)
def test_scalars_as_github_writes_them(value: bool | float | str | None, text: str) -> None:
    assert values.text_of(value) == text


def test_a_tree_keeps_types_and_places() -> None:
    assert values.tree(node("a: [x, 1, true, null]\n1: {b: 'c'}\n")) == Map(
        (
            (Text("a", 1, 1), Seq((Text("x", 1, 5), 1, True, None), 1, 4)),
            (Text("1", 2, 1), Map(((Text("b", 2, 5), Text("c", 2, 8)),), 2, 4)),
        ),
        1,
        1,
    )


def test_the_first_of_repeated_keys_counts() -> None:
    found = values.fields(node("a: 1\na: 2\n"))
    assert values.plain(found["a"]) == "1"


def test_an_expression_that_is_a_string_is_that_string() -> None:
    assert values.plain(node("${{ 'x' }}")) == "x"
    assert values.plain(node("${{ x }}")) == "${{ x }}"


def test_one_string_or_several() -> None:
    assert values.strings(node("a")) == ("a",)
    assert values.strings(node("[a, 1]")) == ("a", "1")
    assert values.strings(None) == ()


def test_booleans_and_numbers_may_be_expressions() -> None:
    assert values.boolean(node("true"), False) is True
    assert values.boolean(node("${{ x }}"), False) == Text("${{ x }}", 1, 1)
    assert values.boolean(None, True) is True
    assert values.number(node("5")) == 5.0
    assert values.number(node("${{ x }}")) == Text("${{ x }}", 1, 1)
    assert values.number(node("true")) is None
