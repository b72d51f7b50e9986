"""The lexer of expressions: text in, tokens out; called by the parser.

Follows the lexer of GitHub's expressions package, with its messages: a bad token's text runs to
the next separator, and the whole expression is lexed before any of it is parsed.
"""

from __future__ import annotations

import math
import re

import msgspec

from agentmesh.lang.expr.errors import ExpressionError, located, utf16_length
from agentmesh.lang.expr.values import SPACE, parse_number

MAX_LENGTH = 21_000
"""The longest expression GitHub reads, in UTF-16 units."""

_REST = rf"[^()\[\],.!><=&|{SPACE}]"


def _pattern(dot: str) -> re.Pattern[str]:
    return re.compile(
        rf"""
        [ \t\r\n]*
        (?:
          (?P<name>[A-Za-z_][A-Za-z0-9_-]*(?!{_REST}))
        | (?P<operator>&&|\|\||[=!<>]=|[()\[\],!<>*])
        | (?P<string>'[^']*(?:''[^']*)*'(?!'))
        | (?P<number>[0-9+-](?:{_REST}|\.)*)
        | (?P<dot>{dot})
        | (?P<end>\Z)
        | (?P<bad>.{_REST}*)
        )
        """,
        re.VERBOSE | re.DOTALL,
    )


_TOKEN = _pattern(rf"\.(?:{_REST}|\.)*")
_TOKEN_BEHIND = _pattern(r"\.")
"""The same behind what may be dereferenced, where a dot is a token and never begins a number:
reading on as if it might would read the rest of a long chain for each of its dots."""

_WORDS: dict[str, tuple[str, bool | float | None]] = {
    "true": ("constant", True),
    "false": ("constant", False),
    "null": ("constant", None),
    "NaN": ("constant", math.nan),
    "Infinity": ("constant", math.inf),
}
_DEREFERENCED = ("name", "]", ")", "*")
"""A dot is an operator after these, and the start of a number elsewhere."""


class Token(msgspec.Struct, frozen=True):
    """A token: ``kind`` is name, constant, end, or the operator itself.

    ``shown`` is what a message calls it, ``start`` counts characters from 0.
    """

    kind: str
    shown: str
    start: int
    value: bool | int | float | str | None = None


def lex(source: str) -> list[Token]:
    """The tokens of an expression, the last of kind ``end``.

    Raises ExpressionError (lexing).
    """
    if len(source) > MAX_LENGTH // 2 and utf16_length(source) > MAX_LENGTH:
        raise ExpressionError("lexing", f"Exceeded max expression length {MAX_LENGTH}")
    tokens: list[Token] = []
    previous = ""
    at = 0
    while previous != "end":
        pattern = _TOKEN_BEHIND if previous in _DEREFERENCED else _TOKEN
        found = pattern.match(source, at)
        assert found is not None  # the last alternative takes anything
        token = _token(found, previous, source)
        tokens.append(token)
        previous, at = token.kind, found.end()
    return tokens


def _token(found: re.Match[str], previous: str, source: str) -> Token:
    group = found.lastgroup or ""
    text, start = found[group], found.start(group)
    if group == "name":
        if text in _WORDS and previous != ".":
            kind, value = _WORDS[text]
            return Token(kind, text, start, value)
        return Token("name", text, start)
    if group == "operator":
        return Token(text, text, start)
    if group == "string":
        inner = text[1:-1].replace("''", "'")
        return Token("constant", inner, start, inner)
    if group == "end":
        return Token("end", "EOF", start)
    if group == "dot" and previous in _DEREFERENCED:
        return Token(".", ".", start)
    if group in ("number", "dot"):
        number = parse_number(text)
        if number == number:  # noqa: PLR0124 - NaN is not equal to itself
            return Token("constant", text, start, number)
    bad = source[start:] if text[0] == "'" else text
    raise located("lexing", f"Unexpected symbol: '{bad}'", source, start)
