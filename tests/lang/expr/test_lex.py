"""The lexer: tokens, and what is no token."""

from __future__ import annotations

import math

import pytest

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.lex import MAX_LENGTH, lex


def kinds(source: str) -> list[str]:
    return [token.kind for token in lex(source)][:-1]


def refused(source: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as raised:
        lex(source)
    assert raised.value.kind == "lexing"
    return raised.value


def test_an_expression_becomes_tokens_with_their_places() -> None:
    tokens = lex("github.ref == 'x' && !a")
    assert [(t.kind, t.shown, t.start) for t in tokens] == [
        ("name", "github", 0),
        (".", ".", 6),
        ("name", "ref", 7),
        ("==", "==", 11),
        ("constant", "x", 14),
        ("&&", "&&", 18),
        ("!", "!", 21),
        ("name", "a", 22),
        ("end", "EOF", 23),
    ]


def test_nothing_but_space_is_the_end_alone() -> None:
    assert kinds("") == kinds(" \t\r\n") == []


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), (".5", 0.5), ("5.", 5), ("1E+1", 10), ("1e-2", 0.01),
        ("0xff", 255), ("0o17", 15), ("-Infinity", -math.inf), ("+Infinity", math.inf),
        ("Infinity", math.inf), ("true", True), ("false", False), ("null", None),
        ("''", ""), ("'it''s'", "it's"), ("'a''b''c'", "a'b'c"), ("''''", "'"), ("'a\nb'", "a\nb"),
    ],
)  # fmt: skip
def test_literals_have_their_values(source: str, value: object) -> None:
    token, _ = lex(source)
    assert (token.kind, token.value, type(token.value)) == ("constant", value, type(value))


def test_nan_is_a_literal() -> None:
    value = lex("NaN")[0].value
    assert isinstance(value, float)
    assert math.isnan(value)


def test_words_after_a_dot_are_names() -> None:
    assert kinds("a.true.NaN.null") == ["name", ".", "name", ".", "name", ".", "name"]


def test_words_in_another_case_are_names() -> None:
    assert kinds("True NULL nan") == ["name"] * 3


def test_a_dot_starts_a_number_where_nothing_can_be_dereferenced() -> None:
    assert kinds("a.b[0].c(d).e.*.f") == [
        "name", ".", "name", "[", "constant", "]", ".", "name", "(", "name", ")", ".", "name",
        ".", "*", ".", "name",
    ]  # fmt: skip
    assert kinds("1 == .5") == ["constant", "==", "constant"]


@pytest.mark.parametrize(
    ("source", "bad", "position"),
    [
        ("'abc", "'abc", 1),
        ("a == 'b''", "'b''", 6),
        ("'''", "'''", 1),
        ("a = b", "=", 3),
        ("a =b.c", "=b", 3),
        ("a & b", "&", 3),
        ("a |b", "|b", 3),
        ('"abc" == x', '"abc"', 1),
        ("-0x1", "-0x1", 1),
        ("0x", "0x", 1),
        ("1..2", "1..2", 1),
        ("1a(", "1a", 1),
        ("a - b", "-", 3),
        ("a*", "a*", 1),
        ("'a'.b", ".b", 4),
        ("null.a", ".a", 5),
        ("$x", "$x", 1),
        ("é", "é", 1),
        ("\u00a0a", "\u00a0a", 1),
        ("'😀' ~", "~", 6),
    ],
)
def test_a_bad_token_runs_to_the_next_separator(source: str, bad: str, position: int) -> None:
    error = refused(source)
    assert error.message == (
        f"Unexpected symbol: '{bad}'. Located at position {position} within expression: {source}"
    )
    assert error.position == position


def test_an_expression_may_be_21000_utf16_units_long() -> None:
    assert len(lex("'" + "x" * (MAX_LENGTH - 2) + "'")) == 2
    assert refused("'" + "x" * (MAX_LENGTH - 1) + "'").message == (
        "Exceeded max expression length 21000"
    )
    assert len(lex("'" + "😀" * (MAX_LENGTH // 2 - 1) + "'")) == 2
    refused("'" + "😀" * (MAX_LENGTH // 2) + "'")
