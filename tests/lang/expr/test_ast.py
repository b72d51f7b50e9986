"""The tree."""

from __future__ import annotations

from agentmesh.lang.expr.ast import Constant, Index, Logical, Name, Node, Star, children
from agentmesh.lang.expr.parse import parse


def test_children_are_in_the_order_they_are_written() -> None:
    def leaves(node: Node) -> list[Node]:
        below = children(node)
        return [leaf for child in below for leaf in leaves(child)] if below else [node]

    root = parse("!github.a || format('{0}', 1) == needs.* && matrix[2]").root
    assert leaves(root) == [
        Name("github"), Constant("a"), Constant("{0}"), Constant(1), Name("needs"), Star(),
        Name("matrix"), Constant(2),
    ]  # fmt: skip


def test_trees_are_values() -> None:
    assert Index(Name("a"), Star()) == Index(Name("a"), Star())
    assert len({Logical("&&", (Name("a"), Name("b"))), Logical("&&", (Name("a"), Name("b")))}) == 1
