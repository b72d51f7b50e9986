"""An expression evaluated step by step: each part with its value, and what was never reached.

Called by ``agentmesh explain``. Pure. The rules are those of :mod:`agentmesh.lang.expr.eval`, which
gives every value here: ``&&`` and ``||`` stop at the operand that decides, ``case`` evaluates the
branch it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isnan
from typing import Literal

import msgspec

from agentmesh.lang.expr.ast import (
    Call,
    Compare,
    Constant,
    Expr,
    Index,
    Logical,
    Name,
    Node,
    Star,
    children,
)
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate_node
from agentmesh.lang.expr.show import show
from agentmesh.lang.expr.values import Value, is_primitive, kind, number_text, to_number, truthy

State = Literal["value", "unreached", "error"]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an expression and what became of it.

    ``note`` says what is worth knowing about the value: what a comparison took its sides for, where
    a chain of properties came to nothing, why a part was not evaluated, or the error.
    """

    text: str
    state: State = "value"
    value: Value = None
    note: str = ""
    parts: tuple[Step, ...] = ()


def trace(expr: Expr, scope: Scope) -> Step:
    """The whole expression as a step with its parts below it."""
    return _step(expr.root, Scope(scope.contexts, _once(scope.functions)))


def _once(
    functions: Mapping[str, Callable[[list[Value]], Value]],
) -> dict[str, Callable[[list[Value]], Value]]:
    """Functions that remember what they gave: each part is evaluated again within the whole."""

    def remembering(
        function: Callable[[list[Value]], Value],
    ) -> Callable[[list[Value]], Value]:
        known: list[tuple[list[Value], Value]] = []

        def call(args: list[Value]) -> Value:
            for seen, result in known:
                if seen == args:
                    return result
            result = function(args)
            known.append((list(args), result))
            return result

        return call

    return {name: remembering(function) for name, function in functions.items()}


def _step(node: Node, scope: Scope) -> Step:
    parts = tuple(_parts(node, scope))
    try:
        value = evaluate_node(node, scope)
    except ExpressionError as error:
        inner = any(part.state == "error" for part in parts)
        note = "" if inner else error.message
        return Step(text=show(node), state="error", note=note, parts=parts)
    return Step(text=show(node), value=value, note=_note(node, value, scope), parts=parts)


def _parts(node: Node, scope: Scope) -> Iterator[Step]:
    match node:
        case Logical(op, items):
            yield from _until(items, scope, op)
        case Call("case", args):
            yield from _branches(args, scope)
        case Name():
            return
        case Index():
            yield from _indexes(node, scope)
        case _:
            for child in children(node):
                if not isinstance(child, Constant):
                    yield _step(child, scope)


def _until(items: Iterable[Node], scope: Scope, op: str) -> Iterator[Step]:
    """Operands up to the one that decides."""
    decided = ""
    for item in items:
        if decided:
            yield Step(text=show(item), state="unreached", note=decided)
            continue
        step = _step(item, scope)
        yield step
        if step.state == "error":
            decided = "not evaluated: what stands before it failed"
        elif truthy(step.value) == (op == "||"):
            word = "true" if op == "||" else "false"
            decided = f"not evaluated: what stands before {op} is {word} already"


def _branches(args: tuple[Node, ...], scope: Scope) -> Iterator[Step]:
    """Predicates of ``case`` up to the one that holds, and the branch that is taken."""
    taken = ""
    for place in range(0, len(args) - 1, 2):
        predicate, branch = args[place : place + 2]
        if taken:
            yield from (Step(text=show(n), state="unreached", note=taken) for n in args[place:])
            return
        step = _step(predicate, scope)
        yield step
        if step.state == "error" or not isinstance(step.value, bool):
            taken = "not evaluated: the predicate before it is no boolean"
            yield Step(text=show(branch), state="unreached", note=taken)
        elif step.value:
            yield _step(branch, scope)
            taken = "not evaluated: an earlier predicate holds"
        else:
            note = "not evaluated: its predicate is false"
            yield Step(text=show(branch), state="unreached", note=note)
    last = args[-1]
    yield Step(text=show(last), state="unreached", note=taken) if taken else _step(last, scope)


def _indexes(node: Index, scope: Scope) -> Iterator[Step]:
    """Of a chain of properties what is computed: its beginning, if that is no context, and its
    indexes, if they are no names. The chain itself is one step."""
    chain: list[Node] = []
    target: Node = node
    while isinstance(target, Index):
        if not isinstance(target.index, Constant | Star):
            chain.append(target.index)
        target = target.target
    if not isinstance(target, Name):
        chain.append(target)
    for part in reversed(chain):
        yield _step(part, scope)


def _note(node: Node, value: Value, scope: Scope) -> str:
    match node:
        case Compare(_, left, right):
            return _coercion(evaluate_node(left, scope), evaluate_node(right, scope))
        case Index() if value is None:
            return _dead_end(node, scope)
        case Name(name) if name not in scope.contexts:
            return f"the context {name} is not known here"
    return ""


def _coercion(left: Value, right: Value) -> str:
    """What a comparison of two kinds takes its sides for; that case does not count."""
    kinds = kind(left), kind(right)
    if kinds[0] == kinds[1]:
        if isinstance(left, str) and isinstance(right, str) and left != right:
            return "the case of letters does not count" if left.lower() == right.lower() else ""
        if not is_primitive(left):
            return f"{kinds[0].lower()}s are equal only to themselves"
        return ""
    if not is_primitive(left) or not is_primitive(right):
        return f"{_an(kinds[0])} is never equal to {_an(kinds[1])}"
    numbers = to_number(left), to_number(right)
    said = f"{_an(kinds[0])} and {_an(kinds[1])} compare as numbers"
    sides = " and ".join(number_text(number) for number in numbers)
    never = "; NaN is equal to nothing" if any(map(isnan, numbers)) else ""
    return f"{said}, {sides}{never}"


def _an(name: str) -> str:
    word = name.lower()
    return f"{'an' if word[0] in 'ao' else 'a'} {word}" if word != "null" else word


def _dead_end(node: Index, scope: Scope) -> str:
    """Where a chain of properties comes to nothing, if that is before its end."""
    chain: list[Node] = [node]
    while isinstance(target := chain[-1], Index):
        chain.append(target.target)
    for part in reversed(chain[1:]):
        try:
            found = evaluate_node(part, scope)
        except ExpressionError:
            return ""
        if found is None:
            if isinstance(part, Name) and part.name not in scope.contexts:
                return f"the context {part.name} is not known here"
            return f"{show(part)} is null already"
    return ""
