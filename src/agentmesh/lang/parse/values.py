"""Nodes as values of the model: texts with their places, and trees of them.

Called by the other modules of :mod:`agentmesh.lang.parse`.
"""

from __future__ import annotations

from agentmesh.lang.model import Map, Seq, Text, Tree
from agentmesh.lang.parse.expressions import OPEN, literal
from agentmesh.lang.yaml import Mapping, Node, Scalar, Sequence


def text_of(value: bool | int | float | str | None) -> str:
    """A scalar as the string that GitHub makes of it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    from agentmesh.lang.expr.values import to_string

    return to_string(value)


def text(node: Node | None) -> Text | None:
    """A scalar as a text with its place; None for what is none, or null."""
    if not isinstance(node, Scalar):
        return None
    value = node.value
    if isinstance(value, str):
        return Text(value, node.line, node.column)
    return None if value is None else Text(text_of(value), node.line, node.column)


def plain(node: Node | None) -> str:
    """A scalar as a string, empty for what is none; an expression that is a string is one."""
    if not isinstance(node, Scalar):
        return ""
    value = node.value
    source = value if isinstance(value, str) else text_of(value)
    if OPEN in source:
        constant = literal(source)
        return source if constant is None else constant
    return source


def tree(node: Node | None) -> Tree:
    """Any node as a tree. Strings become texts; other scalars stay what they are."""
    if isinstance(node, Scalar):
        value = node.value
        return Text(value, node.line, node.column) if isinstance(value, str) else value
    if isinstance(node, Sequence):
        return Seq(tuple(tree(item) for item in node.items), node.line, node.column)
    if isinstance(node, Mapping):
        pairs = tuple((_key(key), tree(value)) for key, value in node.items)
        return Map(pairs, node.line, node.column)
    return None


def _key(node: Node) -> Text:
    return text(node) or Text("", node.line, node.column)


def entries(node: Node | None) -> list[tuple[Scalar, Node]]:
    """The pairs of a mapping whose keys are scalars; nothing for what is no mapping."""
    if not isinstance(node, Mapping):
        return []
    return [(key, value) for key, value in node.items if isinstance(key, Scalar)]


def fields(node: Node | None) -> dict[str, Node]:
    """The pairs of a mapping by the text of their keys; the first of repeated keys counts."""
    found: dict[str, Node] = {}
    if isinstance(node, Mapping):
        for key, value in node.items:
            if isinstance(key, Scalar):
                name = key.value
                found.setdefault(name if isinstance(name, str) else text_of(name), value)
    return found


def key_of(node: Mapping, name: str) -> Node:
    """The key of a mapping with this text, to point at; the mapping itself where there is none."""
    return next((key for key, _ in entries(node) if text_of(key.value) == name), node)


def strings(node: Node | None) -> tuple[str, ...]:
    """One string, or a sequence of them, as a tuple."""
    if isinstance(node, Sequence):
        return tuple(plain(item) for item in node.items)
    return () if node is None else (plain(node),)


def boolean(node: Node | None, default: bool) -> Text | bool:
    """A boolean, or a text with an expression for one."""
    if isinstance(node, Scalar):
        if isinstance(node.value, bool):
            return node.value
        if isinstance(node.value, str):
            return Text(node.value, node.line, node.column)
    return default


def number(node: Node | None) -> Text | float | None:
    """A number, or a text with an expression for one; None where there is none."""
    if isinstance(node, Scalar):
        value = node.value
        if isinstance(value, str):
            return Text(value, node.line, node.column)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
    return None
