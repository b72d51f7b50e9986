"""Texts that may hold ``${{ }}``: their parts, their values, and conditions.

Called by the workflow parser (to find errors early), the planner and the engine. A text that is
one single expression keeps the type of its value; in a longer text values become texts. Follows
the template reader of GitHub's workflow parser, and its rule that a condition without a status
function means ``success() && (…)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from agentmesh.lang.expr.ast import Call, Constant, Expr, Index, Logical, Name, Node, Star, children
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.explain import explain
from agentmesh.lang.expr.parse import FUNCTIONS, Function, parse
from agentmesh.lang.expr.values import Value, kind, strip, to_string, truthy
from agentmesh.lang.model import Map, Seq, Text, Tree

# Possessive repeats of groups are broken in the first releases of Python 3.11, so none is used.
_BODY = re.compile(r"([^'}]*(?:(?:'[^']*'|\}(?!\}))[^'}]*)*)\}\}")
_HALF = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_INSERT = re.compile(r"\$\{\{\s*insert\s*\}\}")
_STATUS = ("success", "failure", "always", "cancelled")


class Verdict(msgspec.Struct, frozen=True):
    """How a condition came out, and the clause that decided with the values in it."""

    value: bool
    why: str


@lru_cache(maxsize=16384)
def parts(
    source: str,
    contexts: frozenset[str] | None = None,
    functions: frozenset[Function] | None = None,
) -> tuple[str | Expr, ...]:
    """A text as literal texts and expressions, in order; memoised.

    ``contexts`` and ``functions`` as in :func:`agentmesh.lang.expr.parse.parse`. Raises
    ExpressionError, whose ``offset`` is a place in ``source``.
    """
    found: list[str | Expr] = []
    at = 0
    while (start := source.find("${{", at)) >= 0:
        if start > at:
            found.append(source[at:start])
        body = _BODY.match(source, start + 3)
        if body is None:
            raise ExpressionError(
                "parsing",
                "The expression is not closed. An unescaped ${{ sequence was found, but the "
                "closing }} sequence was not found.",
                offset=start,
            )
        found.append(_expression(body[1], start + 3, contexts, functions))
        at = body.end()
    if at < len(source):
        found.append(source[at:])
    return tuple(found)


def _expression(
    body: str,
    start: int,
    contexts: frozenset[str] | None,
    functions: frozenset[Function] | None,
) -> Expr:
    text = strip(body)
    if not text:
        raise ExpressionError("parsing", "An expression was expected", offset=start)
    try:
        return parse(text, contexts, functions)
    except ExpressionError as error:
        error.offset += start + body.index(text)
        raise


def is_insert(key: str) -> bool:
    """Whether a mapping's key is ``${{ insert }}``: its value's entries join the mapping."""
    return _INSERT.fullmatch(key) is not None


def has_expression(text: str) -> bool:
    """Whether a text holds ``${{``."""
    return "${{" in text


def render(tree: Tree, scope: Scope) -> Value:
    """The value of a tree: its expressions evaluated, whatever their type.

    Raises ExpressionError with the line and column of the text that holds the expression.
    """
    if isinstance(tree, Text):
        return _render(tree, scope)
    if isinstance(tree, Seq):
        return [render(item, scope) for item in tree.items]
    if isinstance(tree, Map):
        return _render_map(tree, scope)
    return tree


def _render(text: Text, scope: Scope) -> Value:
    source = text.source
    if "${{" not in source:
        return source
    try:
        found = parts(source)
        if len(found) == 1 and isinstance(found[0], Expr):
            return _whole(evaluate(found[0], scope))
        texts = (p if isinstance(p, str) else to_string(evaluate(p, scope)) for p in found)
        return _whole("".join(texts))
    except ExpressionError as error:
        raise _placed(error, text)  # noqa: B904 - the same error, with its place


def _whole(value: Value) -> Value:
    """A value without halves of surrogate pairs, which fromJSON makes and UTF-8 does not have.

    Like the runner's, they end as U+FFFD. Those that stand for bytes of file names stay.
    """
    if isinstance(value, str):
        return value if value.isascii() else _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {str(_whole(key)): _whole(item) for key, item in value.items()}
    return value


def _placed(error: ExpressionError, text: Text) -> ExpressionError:
    if not error.line:
        error.line, error.column = text.line, text.column
    return error


def _render_map(tree: Map, scope: Scope) -> Value:
    result: dict[str, Value] = {}
    for key, value in tree.items:
        rendered = render(value, scope)
        if not is_insert(key.source):
            result[render_text(key, scope)] = rendered
        elif isinstance(rendered, dict):
            result |= rendered
        else:
            error = ExpressionError(
                "evaluation", f"Expected a mapping to insert, found {kind(rendered)}"
            )
            raise _placed(error, key)
    return result


def render_text(text: Text | str | None, scope: Scope) -> str:
    """The value of a text as a text; None is the empty one. Raises as :func:`render` does."""
    if text is None:
        return ""
    return to_string(_render(Text(text) if isinstance(text, str) else text, scope))


def condition(
    if_: Text | bool | None,
    scope: Scope,
    *,
    contexts: frozenset[str] | None = None,
    functions: frozenset[Function] | None = None,
) -> Verdict:
    """Whether an ``if`` holds. Without a status function it means ``success() && (…)``.

    The scope must hold the status functions. Raises as :func:`render` does.
    """
    try:
        expr = condition_expression(if_, contexts, functions)
        scope = _remembering(scope)
        value = truthy(evaluate(expr, scope))
        return Verdict(value, explain(expr.root, value, scope))
    except ExpressionError as error:
        if isinstance(if_, Text):
            _placed(error, if_)
        raise


def _remembering(scope: Scope) -> Scope:
    """The scope with functions that are called once for the same arguments: files hash slowly."""

    def once(function: Callable[[list[Value]], Value]) -> Callable[[list[Value]], Value]:
        results: dict[str, Value] = {}

        def call(args: list[Value]) -> Value:
            key = repr(args)
            if key not in results:
                results[key] = function(args)
            return results[key]

        return call

    return Scope(scope.contexts, {name: once(f) for name, f in scope.functions.items()})


@lru_cache(maxsize=4096)
def condition_expression(
    if_: Text | bool | None,
    contexts: frozenset[str] | None = None,
    functions: frozenset[Function] | None = None,
) -> Expr:
    """The whole condition that an ``if`` stands for, its implied ``success()`` included; memoised.

    Raises ExpressionError, whose ``offset`` is a place in the text of ``if_``.
    """
    if isinstance(if_, bool):
        root: Node = Constant(if_)
        source = "true" if if_ else "false"
    else:
        source = "" if if_ is None else if_.source
        root = _condition(source, contexts, functions)
    if root == _SUCCESS or _has_status(root):
        return Expr(source, root)
    return Expr(source, Logical("&&", (_SUCCESS, root)))


_SUCCESS = Call("success", ())


def _condition(
    source: str,
    contexts: frozenset[str] | None,
    functions: frozenset[Function] | None,
) -> Node:
    text = strip(source)
    if not text:
        return _SUCCESS
    if "${{" not in text:
        try:
            return parse(text, contexts, functions).root
        except ExpressionError as error:
            error.offset += source.index(text)
            raise
    found = parts(source, contexts, functions)
    if len(found) == 1 and isinstance(found[0], Expr):
        return found[0].root
    # Text around an expression makes a text of the whole, and a text that is not empty is true.
    pieces = (Constant(p) if isinstance(p, str) else p.root for p in found)
    pattern = "".join(f"{{{i}}}" for i in range(len(found)))
    return Call("format", (Constant(pattern), *pieces))


def _has_status(node: Node) -> bool:
    if isinstance(node, Call) and node.name in _STATUS:
        return True
    return any(map(_has_status, children(node)))


@lru_cache(maxsize=4096)
def references(source: str, *, condition: bool = False) -> frozenset[str]:
    """What a text refers to: ``needs.build.outputs.x``, ``steps.*.outcome``, ``hashFiles()``.

    A path ends where an index is computed. ``condition`` tells that the text is that of an
    ``if``, an expression even without ``${{ }}``. Raises ExpressionError.
    """
    if condition:
        return frozenset(_references(condition_expression(Text(source)).root))
    found: set[str] = set()
    for part in parts(source):
        if isinstance(part, Expr):
            found |= _references(part.root)
    return frozenset(found)


def _references(node: Node) -> set[str]:
    found: set[str] = set()
    path = _path(node)
    if path is not None:
        found.add(path)
        while isinstance(node, Index):
            if not isinstance(node.index, Constant | Star):
                found |= _references(node.index)
            node = node.target
        return found
    if isinstance(node, Call):
        found.add(f"{node.name}()")
    for child in children(node):
        found |= _references(child)
    return found


def _path(node: Node) -> str | None:
    """The dotted path of a chain that starts at a context, up to a computed index."""
    if isinstance(node, Name):
        return node.name
    if not isinstance(node, Index):
        return None
    target = _path(node.target)
    if target is None or _computed(node.target):
        return target
    match node.index:
        case Star():
            return f"{target}.*"
        case Constant(value):
            return f"{target}.{to_string(value)}"
    return target


def _computed(node: Node) -> bool:
    """Whether a chain holds an index that is not a constant."""
    return isinstance(node, Index) and (
        not isinstance(node.index, Constant | Star) or _computed(node.target)
    )


__all__ = (
    "FUNCTIONS",
    "Verdict",
    "condition",
    "condition_expression",
    "has_expression",
    "is_insert",
    "parts",
    "references",
    "render",
    "render_text",
)
