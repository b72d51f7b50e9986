"""The evaluator: a tree and a scope in, a value out. Pure, and bounded in memory and depth.

Called by templates and by ``agentmesh eval``. Follows the evaluator of GitHub's expressions
package; ``case`` evaluates only the branch it takes, as the runner does. The memory an evaluation
may produce is the runner's limit for results (10 MiB), counted as the runner counts: two bytes a
character and a pointer for each item a filter selects, freed when the call that used it is done.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

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
    Not,
    Star,
)
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.functions import BUILT_IN
from agentmesh.lang.expr.show import show
from agentmesh.lang.expr.values import (
    Filtered,
    Value,
    is_primitive,
    lookup,
    loose_equal,
    loose_less,
    to_number,
    to_string,
    truthy,
)

MAX_BYTES = 10 * 1024 * 1024
"""The memory that the texts and arrays an evaluation produces may take at one time."""

_BASE = 26
_CHARACTER = 2
_POINTER = 8


class Scope(msgspec.Struct, frozen=True):
    """What an expression can see: contexts by name, and functions beyond the built-in ones.

    Names are in the spelling the expression was parsed with: GitHub's (``github``, ``hashFiles``),
    unless a set of names was given to the parser; functions may be in lower case as well. A context
    that is missing is null. Values must not change while an evaluation runs, and none changes them.
    """

    contexts: Mapping[str, Value] = {}
    functions: Mapping[str, Callable[[list[Value]], Value]] = {}


def evaluate(expr: Expr, scope: Scope) -> Value:
    """The value of an expression. Raises ExpressionError (evaluation).

    What a function of the scope raises passes through.
    """
    return evaluate_node(expr.root, scope)


def evaluate_node(node: Node, scope: Scope) -> Value:
    """The value of a part of an expression; see :func:`evaluate`."""
    try:
        return _Evaluation(scope).value(node)
    except RecursionError:
        raise ExpressionError("evaluation", "Maximum object depth exceeded") from None


class _Evaluation:
    """One evaluation: its scope, and the bytes it holds at the moment."""

    __slots__ = ("_scope", "_used")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._used = 0

    def value(self, node: Node) -> Value:
        return _RULES[type(node)](self, node)

    def _spend(self, size: int, node: Node) -> None:
        self._used += size
        if self._used > MAX_BYTES:
            raise ExpressionError(
                "evaluation",
                "The maximum allowed memory size was exceeded while evaluating the following "
                f"expression: {show(node)}",
            )

    def constant(self, node: Constant) -> Value:
        return node.value

    def name(self, node: Name) -> Value:
        return self._scope.contexts.get(node.name)

    def negation(self, node: Not) -> Value:
        return not truthy(self.value(node.operand))

    def logical(self, node: Logical) -> Value:
        """The operand that decides, or the last one."""
        decides = node.op == "||"
        result: Value = None
        for item in node.items:
            result = self.value(item)
            if truthy(result) == decides:
                break
        return result

    def comparison(self, node: Compare) -> Value:
        mark = self._used
        left, right = self.value(node.left), self.value(node.right)
        self._used = mark
        match node.op:
            case "==":
                return loose_equal(left, right)
            case "!=":
                return not loose_equal(left, right)
            case "<":
                return loose_less(left, right)
            case ">":
                return loose_less(right, left)
            case "<=":
                return loose_equal(left, right) or loose_less(left, right)
        return loose_equal(left, right) or loose_less(right, left)

    def call(self, node: Call) -> Value:
        mark = self._used
        if node.name == "case":
            return self._case(node)
        args = [self.value(arg) for arg in node.args]
        functions = self._scope.functions
        given = functions.get(node.name) or functions.get(node.name.lower())
        if given is not None:
            result = given(args)
        elif node.name in BUILT_IN:
            spend = lambda characters: self._spend(_CHARACTER * characters, node)  # noqa: E731
            result = BUILT_IN[node.name](args, spend)
        else:
            raise ExpressionError(
                "evaluation", f"The function '{node.name}' is not available in this context"
            )
        # The arguments are done with; what stays is the result.
        self._used = mark
        if isinstance(result, str):
            self._spend(_BASE + _CHARACTER * len(result), node)
        return result

    def _case(self, node: Call) -> Value:
        *branches, default = node.args
        for predicate, branch in zip(branches[::2], branches[1::2], strict=True):
            holds = self.value(predicate)
            if not isinstance(holds, bool):
                raise ExpressionError(
                    "evaluation", "case predicate must evaluate to a boolean value"
                )
            if holds:
                return self.value(branch)
        return self.value(default)

    def index(self, node: Index) -> Value:
        if isinstance(node.index, Star):
            return self._filter(self.value(node.target), node)
        try:
            index = self.value(node.index)
        except ExpressionError as error:
            raise ExpressionError(
                "evaluation", f"could not evaluate index for index access: {error.message}"
            ) from error
        target = self.value(node.target)
        if isinstance(target, Filtered):
            found = [hit[0] for item in target if (hit := _at(item, index)) is not None]
            self._spend(_POINTER * len(found), node)
            return Filtered(found)
        hit = _at(target, index)
        return None if hit is None else hit[0]

    def _filter(self, target: Value, node: Node) -> Value:
        """All values of an array or an object; of a filtered array, those of its items."""
        if isinstance(target, Filtered):
            result = Filtered(value for item in target for value in _values(item))
        else:
            result = Filtered(_values(target))
        self._spend(_POINTER * len(result), node)
        return result


def _values(value: Value) -> list[Value]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _at(target: Value, index: Value) -> tuple[Value] | None:
    """What an object or an array holds at an index, in a tuple; None where it holds nothing."""
    if isinstance(target, dict):
        return lookup(target, to_string(index)) if is_primitive(index) else None
    if isinstance(target, list):
        place = to_number(index)
        if place >= 0 and math.floor(min(place, len(target))) < len(target):
            return (target[math.floor(place)],)
    return None


_RULES: dict[type, Callable[..., Value]] = {
    Constant: _Evaluation.constant,
    Name: _Evaluation.name,
    Not: _Evaluation.negation,
    Logical: _Evaluation.logical,
    Compare: _Evaluation.comparison,
    Call: _Evaluation.call,
    Index: _Evaluation.index,
}
