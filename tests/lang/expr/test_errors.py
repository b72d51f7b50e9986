"""Errors of expressions."""

from __future__ import annotations

import pytest

from agentmesh.core.errors import AgentmeshError
from agentmesh.lang.expr.errors import ExpressionError, located, utf16_length


def test_an_error_names_its_place_in_githubs_words() -> None:
    error = located("parsing", "Unexpected symbol: 'b'", "a b", 2)
    assert isinstance(error, AgentmeshError)
    assert error.message == ("Unexpected symbol: 'b'. Located at position 3 within expression: a b")
    assert (error.kind, error.position, error.offset) == ("parsing", 3, 2)


def test_an_evaluation_error_has_no_place() -> None:
    error = ExpressionError("evaluation", "empty input")
    assert (error.position, error.line, error.column) == (0, 0, 0)


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é", 1), ("😀a", 3)])
def test_texts_are_measured_in_utf16(text: str, length: int) -> None:
    assert utf16_length(text) == length
