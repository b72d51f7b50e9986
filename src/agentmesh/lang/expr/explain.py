"""Why a condition came out as it did: the clause that decided, with the values in it.

Called for each ``if``; what it says is shown in plans, events and the terminal, so values of
secrets and of the token are never in it.
"""

from __future__ import annotations

from agentmesh.lang.expr.ast import (
    Call,
    Constant,
    Index,
    Logical,
    Name,
    Node,
    children,
)
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate_node
from agentmesh.lang.expr.show import show, show_value
from agentmesh.lang.expr.values import truthy


def explain(node: Node, value: bool, scope: Scope) -> str:
    """A sentence about a condition that came out as ``value`` in this scope."""
    try:
        clause, value = _decisive(node, scope)
        seen = _values(clause, scope)
    except ExpressionError:
        # A part that the evaluation never reached, as in a branch of `case`.
        return f"{show(node)} is {_word(value)}"
    if isinstance(clause, Constant):
        return f"the condition is {_word(value)}"
    verdict = f"{show(clause)} is {_word(value)}"
    if not seen:
        return verdict
    return f"{verdict} ({', '.join(f'{name} is {shown}' for name, shown in seen.items())})"


def _word(value: bool) -> str:
    return "true" if value else "false"


def _decisive(node: Node, scope: Scope) -> tuple[Node, bool]:
    """The smallest clause that settles the condition, and what it is."""
    value = truthy(evaluate_node(node, scope))
    if isinstance(node, Logical) and value == (node.op == "||"):
        for item in node.items:
            if truthy(evaluate_node(item, scope)) == value:
                return _decisive(item, scope)
    if isinstance(node, Logical) and _trivial(node.items[0]):
        # `success() && x` holds because of x; `success()` alone says nothing new.
        rest = node.items[1:]
        return _decisive(rest[0] if len(rest) == 1 else Logical(node.op, rest), scope)
    return node, value


def _trivial(node: Node) -> bool:
    return isinstance(node, Call) and node.name in ("success", "always")


def _values(node: Node, scope: Scope) -> dict[str, str]:
    """What the clause reads, by its text, and the values it found there."""
    if isinstance(node, Index | Name):
        text = show(node)
        shown = "***" if _secret(node) else show_value(evaluate_node(node, scope))
        return {text: shown}
    if isinstance(node, Call) and not any(map(_reads, node.args)):
        return {}
    seen: dict[str, str] = {}
    for child in children(node):
        seen |= _values(child, scope)
    return seen


def _reads(node: Node) -> bool:
    return isinstance(node, Index | Name) or any(map(_reads, children(node)))


def _secret(node: Node) -> bool:
    match node:
        case Name("secrets"):
            return True
        case Index(Name("github"), Constant(str(name))):
            return name.lower() == "token"
        case Index(Name("github"), index):
            return not isinstance(index, Constant)
    return any(map(_secret, children(node)))
