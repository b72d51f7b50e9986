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


def jobs(root: Node | None) -> dict[str, tuple[Scalar, Node]]:
    """The key and the value of each job of a workflow by its id."""
    found: dict[str, tuple[Scalar, Node]] = {}
    for key, value in entries(at(root, "jobs")):
        found.setdefault(text_of(key.value), (key, value))
    return found
