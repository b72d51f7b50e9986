"""The functions that every expression knows, each from values to a value.

Called by the evaluator with as many arguments as the parser allows. ``case`` is not here: it
leaves the branches not taken unevaluated. Messages are those of GitHub's expressions package.
Whatever a function produces it first spends from the evaluation's memory, so that no expression
takes more than its share, however it multiplies texts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from agentmesh.lang.expr import jsontext
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.values import (
    Value,
    fold,
    is_primitive,
    loose_equal,
    strip,
    to_string,
)

Spend = Callable[[int], None]
"""Takes characters from the evaluation's memory; raises where there is no more."""


class BuiltIn(Protocol):
    """A function of the language."""

    def __call__(self, args: list[Value], spend: Spend) -> Value: ...


def contains(args: list[Value], spend: Spend) -> Value:
    """Whether a text holds another, or an array an item, compared loosely."""
    search, item = args
    if isinstance(search, list):
        return any(loose_equal(item, candidate) for candidate in search)
    if is_primitive(search) and is_primitive(item):
        return to_string(item).lower() in to_string(search).lower()
    return False


def starts_with(args: list[Value], spend: Spend) -> Value:
    """Whether a text begins with another, whatever their case."""
    if not all(map(is_primitive, args)):
        return False
    text, start = map(to_string, args)
    return fold(text).startswith(fold(start))


def ends_with(args: list[Value], spend: Spend) -> Value:
    """Whether a text ends with another, whatever their case."""
    if not all(map(is_primitive, args)):
        return False
    text, end = map(to_string, args)
    return fold(text).endswith(fold(end))


def join(args: list[Value], spend: Spend) -> Value:
    """The items of an array with a separator between them; a scalar is its own text."""
    items = args[0]
    if not isinstance(items, list):
        return to_string(items) if is_primitive(items) else ""
    separator = to_string(args[1]) if len(args) > 1 and is_primitive(args[1]) else ","
    texts = []
    for item in items:
        text = to_string(item)
        spend(len(text) + len(separator))
        texts.append(text)
    return separator.join(texts)


def format_text(args: list[Value], spend: Spend) -> Value:
    """``{0}`` stands for the first argument, ``{{`` and ``}}`` for braces."""
    pattern = to_string(args[0])
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        piece, at = _next_piece(pattern, at, args)
        spend(len(piece))
        pieces.append(piece)
    return "".join(pieces)


def _next_piece(pattern: str, at: int, args: list[Value]) -> tuple[str, int]:
    """The text up to the next brace or for it, and where to go on."""
    opening, closing = pattern.find("{", at), pattern.find("}", at)
    brace = min((i for i in (opening, closing) if i >= 0), default=len(pattern))
    if pattern[brace : brace + 2] in ("{{", "}}"):
        return pattern[at : brace + 1], brace + 2
    if brace > at:
        return pattern[at:brace], brace
    digits = _digits(pattern, at + 1)
    if brace == closing or closing < 0 or not digits:
        raise ExpressionError("evaluation", f"The following format string is invalid: {pattern}")
    # No expression holds more than a few digits' worth of arguments.
    if len(digits.lstrip("0")) > 5 or int(digits) + 1 >= len(args):
        raise ExpressionError(
            "evaluation",
            "The following format string references more arguments than were supplied: " + pattern,
        )
    return to_string(args[int(digits) + 1]), closing + 1


def _digits(text: str, start: int) -> str:
    end = start
    while end < len(text) and "0" <= text[end] <= "9":
        end += 1
    return text[start:end]


def to_json(args: list[Value], spend: Spend) -> Value:
    """A value as JSON, with two spaces."""
    return jsontext.write(args[0], spend=spend)


def from_json(args: list[Value], spend: Spend) -> Value:
    """The value of a JSON text."""
    text = to_string(args[0])
    if not strip(text):
        raise ExpressionError("evaluation", "empty input")
    spend(len(text))
    try:
        return jsontext.read(text)
    except ValueError as error:
        raise ExpressionError(
            "evaluation", "Error parsing JSON when evaluating fromJson"
        ) from error


BUILT_IN: Mapping[str, BuiltIn] = {
    "contains": contains,
    "startsWith": starts_with,
    "endsWith": ends_with,
    "join": join,
    "format": format_text,
    "toJSON": to_json,
    "fromJSON": from_json,
}
"""Functions by GitHub's spelling of their names."""
