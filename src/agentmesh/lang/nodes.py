"""The nodes of a workflow by their way from the root, for what the model keeps no place of.

Called by lint rules.
"""

from __future__ import annotations

from agentmesh.lang.parse.values import entries, fields, text_of
from agentmesh.lang.yaml import Node, Scalar


def at(root: Node | None, *way: str) -> Node | None:
    """The value that keys lead to from a mapping, or None."""
    node = root
    for key in way:
        node = fields(node).get(key)
    return node


def key_at(root: Node | None, *way: str) -> Scalar | None:
    """The last key of a way, or None."""
    parent = at(root, *way[:-1])
    return next((key for key, _ in entries(parent) if text_of(key.value) == way[-1]), None)
