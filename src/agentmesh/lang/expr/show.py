"""Writes a tree as an expression again: for reasons, messages, and tests of the parser.

What is written parses to the same tree (up to the sign of zero): parentheses stand only where
they are needed.
"""

from __future__ import annotations

from agentmesh.lang.expr.ast import (
    Call,
    Compare,
    Constant,
    Index,
    Logical,
    Name,
    Node,
    Not,
    Star,
)
from agentmesh.lang.expr.values import Value, javascript, kind, number_text

_LEVELS = {"||": 0, "&&": 1, "==": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3}
_PREFIX = 4
_CHAIN = 5


def show(node: Node) -> str:
    """A tree as the text of an expression."""
    return _show(node, 0)


def show_value(value: Value, most: int = 80) -> str:
    """A value as a person reads it in a reason: literals as written, long texts cut."""
    if isinstance(value, str):
        text = value if len(value) <= most else value[: most - 1] + "…"
        return _quote(text)
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return _constant(value)


def _show(node: Node, least: int) -> str:
    match node:
        case Constant(value):
            text, level = _constant(value), _PREFIX
        case Name(name):
            text, level = name, _CHAIN
        case Call(name, args):
            text, level = f"{name}({', '.join(map(show, args))})", _CHAIN
        case Index(target, index):
            text, level = _show(target, _CHAIN) + _index(index), _CHAIN
        case Not(operand):
            text, level = "!" + _show(operand, _PREFIX), _PREFIX
        case Compare(op, left, right):
            level = _LEVELS[op]
            text = f"{_show(left, level)} {op} {_show(right, level + 1)}"
        case Logical(op, items):
            level = _LEVELS[op]
            text = f" {op} ".join(_show(item, level + 1) for item in items)
        case _:
            return "*"
    return text if level >= least else f"({text})"


def _index(index: Node) -> str:
    match index:
        case Star():
            return ".*"
        case Constant(str(name)) if _is_property(name):
            return f".{name}"
    return f"[{show(index)}]"


def _is_property(name: str) -> bool:
    bare = name.replace("-", "_")
    return name.isascii() and bare.isidentifier() and not name.startswith("-")


def _constant(value: bool | int | float | str | None) -> str:
    match kind(value):
        case "Null":
            return "null"
        case "Boolean":
            return "true" if value else "false"
        case "String":
            return _quote(str(value))
    return javascript(float(value or 0))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
