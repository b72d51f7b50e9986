"""What an expression may be, before anything is evaluated.

Called by the rules about conditions and comparisons. A type is either a few values, or one kind of
value, or anything; it never says less than is possible, so what it excludes cannot happen. How
values compare follows "Evaluate expressions in workflows and actions", "Operators".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import msgspec

from agentmesh.lang.expr.ast import Call, Compare, Constant, Index, Logical, Name, Node, Not
from agentmesh.lang.expr.chains import Chain, chain_of
from agentmesh.lang.expr.values import loose_equal, to_number, truthy

Primitive = bool | int | float | str | None
KindName = Literal["any", "number", "string", "array", "object"]

MAX_VALUES = 64
"""Values of a type; one that could be more is of their kind, or anything."""


class Type(msgspec.Struct, frozen=True):
    """``values`` where it is one of these, else a value of ``kind``."""

    kind: KindName = "any"
    values: tuple[Primitive, ...] | None = None


ANY = Type()
STRING = Type("string")
NUMBER = Type("number")
ARRAY = Type("array")
OBJECT = Type("object")
BOOLEAN = Type(values=(True, False))

Resolve = Callable[[Chain], Type]
"""What a chain of properties of a context may be."""

_FUNCTIONS: dict[str, Type] = {
    **dict.fromkeys(("contains", "startsWith", "endsWith"), BOOLEAN),
    **dict.fromkeys(("success", "failure", "always", "cancelled"), BOOLEAN),
    **dict.fromkeys(("format", "join", "toJSON", "hashFiles"), STRING),
}


def one_of(*values: Primitive) -> Type:
    """One of these values."""
    return Type(values=tuple(dict.fromkeys(values))) if len(values) <= MAX_VALUES else ANY


def union(types: list[Type]) -> Type:
    """One of these types."""
    if all(each.values is not None for each in types):
        return one_of(*(value for each in types for value in each.values or ()))
    kinds = {each.kind if each.values is None else "values" for each in types}
    return types[0] if len(kinds) == 1 else ANY


def infer(node: Node, resolve: Resolve) -> Type:
    """What a node may be."""
    match node:
        case Constant(value):
            return one_of(value)
        case Not() | Compare():
            return BOOLEAN
        case Name() | Index():
            chain = chain_of(node)
            return ANY if chain is None else resolve(chain)
        case Logical(_, items):
            return union([infer(item, resolve) for item in items])
        case Call("case", args):
            results = [*args[1:-1:2], args[-1]]
            return union([infer(each, resolve) for each in results])
        case Call(name, _):
            return _FUNCTIONS.get(name, ANY)
    return ANY


def may_equal(left: Type, right: Type) -> bool:
    """Whether two values of these types can ever be equal to ``==``."""
    if left.values is not None and right.values is not None:
        return any(loose_equal(a, b) for a in left.values for b in right.values)
    if left.values is not None:
        return _may_be_one_of(right, left.values)
    if right.values is not None:
        return _may_be_one_of(left, right.values)
    if "any" in (left.kind, right.kind):
        return True
    collections = ("array", "object")
    # Collections are equal to themselves alone, texts and numbers to each other.
    return left.kind == right.kind or not (left.kind in collections or right.kind in collections)


def _may_be_one_of(kind: Type, values: tuple[Primitive, ...]) -> bool:
    if kind.kind in ("array", "object"):
        return False
    if kind.kind == "number":
        return not all(math.isnan(to_number(value)) for value in values)
    return True


def always(node: Node, resolve: Resolve) -> bool | None:
    """What a condition always comes to, true or false; None where it depends."""
    match node:
        case Not(operand):
            inner = always(operand, resolve)
            return None if inner is None else not inner
        case Logical(op, items):
            return _always_logical(op, [always(item, resolve) for item in items])
        case Compare("==" | "!=" as op, left, right):
            if not may_equal(infer(left, resolve), infer(right, resolve)):
                return op == "!="
            return None
    values = infer(node, resolve).values
    if values is None:
        return None
    truths = {truthy(value) for value in values}
    return truths.pop() if len(truths) == 1 else None


def _always_logical(op: str, items: list[bool | None]) -> bool | None:
    decisive = op == "||"
    if decisive in items:
        return decisive
    return None if None in items else not decisive
