"""What the parser makes of an expression: a tree of frozen values.

Names of contexts are in the spelling of the set they were found in (GitHub's is lower case), and
so are the names of functions (``fromJSON``), whatever the expression wrote.
"""

from __future__ import annotations

from typing import Literal

import msgspec

CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]
LogicalOp = Literal["&&", "||"]


class Constant(msgspec.Struct, frozen=True, tag=True):
    """A literal: null, true, 1.5, 'text'."""

    value: bool | int | float | str | None


class Name(msgspec.Struct, frozen=True, tag=True):
    """A context: ``github``."""

    name: str


class Star(msgspec.Struct, frozen=True, tag=True):
    """The wildcard of ``.*`` and ``[*]``; stands as an index only."""


class Index(msgspec.Struct, frozen=True, tag=True):
    """``target.index`` or ``target[index]``; a property's name is a constant text."""

    target: Node
    index: Node


class Call(msgspec.Struct, frozen=True, tag=True):
    """``name(args)``."""

    name: str
    args: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """``!operand``."""

    operand: Node


class Compare(msgspec.Struct, frozen=True, tag=True):
    """``left op right``."""

    op: CompareOp
    left: Node
    right: Node


class Logical(msgspec.Struct, frozen=True, tag=True):
    """``a && b && c``: two or more items joined by one operator."""

    op: LogicalOp
    items: tuple[Node, ...]


Node = Constant | Name | Star | Index | Call | Not | Compare | Logical


class Expr(msgspec.Struct, frozen=True):
    """A parsed expression with the text it was read from. An empty one is null."""

    source: str
    root: Node


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a node, in the order they are written."""
    match node:
        case Index(target, index):
            return (target, index)
        case Call(_, args):
            return args
        case Not(operand):
            return (operand,)
        case Compare(_, left, right):
            return (left, right)
        case Logical(_, items):
            return items
    return ()
