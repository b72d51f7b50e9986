"""Trees as expressions again."""

from __future__ import annotations

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from agentmesh.lang.expr.ast import Constant, Node
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.show import show, show_value
from agentmesh.lang.expr.values import Value


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("1==1", "1 == 1"),
        ("(1 || 2) && 3", "(1 || 2) && 3"),
        ("(1 && 2) || 3", "1 && 2 || 3"),
        ("1 == (2 == 3)", "1 == (2 == 3)"),
        ("(1 == 2) == 3", "1 == 2 == 3"),
        ("!(a)", "!github"),
        ("!(1 == 2)", "!(1 == 2)"),
        ("('x').y", "('x').y"),
        ("GITHUB['ref']", "github.ref"),
        ("github['a b']", "github['a b']"),
        ("github['0']", "github['0']"),
        ("github[*].a[ 0 ]", "github.*.a[0]"),
        ("format( '{0}' ,'it''s' )", "format('{0}', 'it''s')"),
        ("0x10 == 1.50", "16 == 1.5"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e400", "Infinity"),
        ("null || true", "null || true"),
        ("", "null"),
    ],
)
def test_is_shown_with_the_parentheses_it_needs(source: str, shown: str) -> None:
    assert show(parse(source.replace("(a)", "(github)")).root) == shown


@given(st.data())
def test_what_is_shown_parses_to_the_same_tree(
    trees: st.SearchStrategy[Node], data: st.DataObject
) -> None:
    tree = data.draw(trees)
    try:
        again = parse(show(tree)).root
    except ExpressionError as error:
        if "Exceeded max expression" not in error.message:
            raise
        reject()
    assert again == tree


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        (3, "3"),
        ("it's", "'it''s'"),
        ("x" * 100, "'" + "x" * 79 + "…'"),
        ([1, 2], "an array of 2"),
        ({"a": 1}, "an object"),
    ],
)
def test_values_are_shown_short(value: Value, shown: str) -> None:
    assert show_value(value) == shown


def test_a_constant_is_shown_as_written() -> None:
    assert show(Constant("a'b")) == "'a''b'"
