"""The parser of expressions: text in, tree out; called wherever the language meets ``${{ }}``.

Operator precedence climbing. The limit on depth, the messages and the token a message names are
those of GitHub's expressions package; the sentence about the place is the runner's. Unknown names
and functions and wrong numbers of arguments are errors even in a branch that is never taken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import msgspec

from agentmesh.lang.expr.ast import (
    Call,
    Compare,
    CompareOp,
    Constant,
    Expr,
    Index,
    Logical,
    LogicalOp,
    Name,
    Node,
    Not,
    Star,
)
from agentmesh.lang.expr.errors import ExpressionError, located
from agentmesh.lang.expr.lex import Token, lex

MAX_DEPTH = 50
"""How deep an expression may nest; each ``.x``, ``[i]`` and ``!`` of a chain counts."""

MANY = 2**53 - 1
"""No limit on the number of arguments."""

CONTEXTS = frozenset(
    [
        "github",
        "env",
        "vars",
        "job",
        "jobs",
        "steps",
        "runner",
        "secrets",
        "strategy",
        "matrix",
        "needs",
        "inputs",
    ]
)
"""Every context that GitHub knows, in whatever part of a workflow."""


class Function(msgspec.Struct, frozen=True):
    """A function that an expression may call, in GitHub's spelling."""

    name: str
    least: int
    most: int


BUILT_IN = frozenset(
    (
        Function("contains", 2, 2),
        Function("startsWith", 2, 2),
        Function("endsWith", 2, 2),
        Function("format", 1, 255),
        Function("join", 1, 2),
        Function("toJSON", 1, 1),
        Function("fromJSON", 1, 1),
        Function("case", 3, MANY),
    )
)
"""The functions that every place of a workflow knows."""

STATUS = frozenset(
    (
        Function("success", 0, MANY),
        Function("failure", 0, MANY),
        Function("always", 0, 0),
        Function("cancelled", 0, 0),
    )
)
"""Status functions. In a job's ``if`` the first two take names of jobs."""

HASH_FILES = Function("hashFiles", 1, 255)
FUNCTIONS = STATUS | {HASH_FILES}
"""Every function that GitHub knows beyond the built-in ones."""

_LEVELS = {"||": 0, "&&": 1, "==": 2, "!=": 2, "<": 3, "<=": 3, ">": 3, ">=": 3}


@lru_cache(maxsize=16384)
def parse(
    source: str,
    contexts: frozenset[str] | None = None,
    functions: frozenset[Function] | None = None,
) -> Expr:
    """Read an expression (without ``${{ }}``); memoised.

    ``contexts`` and ``functions`` are those known where the expression stands, beside the
    built-in functions; None stands for all that GitHub knows. Raises ExpressionError.
    """
    known = _spellings(CONTEXTS if contexts is None else contexts)
    parser = _Parser(source, known, _signatures(FUNCTIONS if functions is None else functions))
    return Expr(source, parser.read())


@lru_cache(maxsize=256)
def _spellings(names: frozenset[str]) -> dict[str, str]:
    return {name.lower(): name for name in names}


@lru_cache(maxsize=256)
def _signatures(functions: frozenset[Function]) -> dict[str, Function]:
    return {f.name.lower(): f for f in (*functions, *BUILT_IN)}


class _Parser:
    """One pass over the tokens of one expression."""

    def __init__(
        self, source: str, contexts: dict[str, str], functions: dict[str, Function]
    ) -> None:
        self._source = source
        self._contexts = contexts
        self._functions = functions
        self._tokens = lex(source)
        self._at = 0
        self._depth = 0

    def read(self) -> Node:
        if self._next.kind == "end":
            return Constant(None)
        node = self._expression()
        if self._next.kind != "end":
            raise self._error("Unexpected symbol", self._next)
        return node

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _accept(self, kind: str) -> bool:
        if self._tokens[self._at].kind != kind:
            return False
        self._at += 1
        return True

    def _expect(self, kind: str) -> None:
        if not self._accept(kind):
            raise self._error("Unexpected symbol", self._next)

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"Exceeded max expression depth {MAX_DEPTH}", self._next)

    def _error(self, problem: str, token: Token) -> ExpressionError:
        return located("parsing", f"{problem}: '{token.shown}'", self._source, token.start)

    def _expression(self) -> Node:
        self._descend()
        node = self._operation(0)
        self._depth -= 1
        return node

    def _operation(self, least: int) -> Node:
        """An operand, and the operators after it that bind at least as strongly as ``least``."""
        node = self._unary()
        while (level := _LEVELS.get(self._next.kind, -1)) >= least:
            if level <= 1:
                node = self._logical(node, level)
            else:
                op = cast("CompareOp", self._take().kind)
                node = Compare(op, node, self._operation(level + 1))
        return node

    def _logical(self, first: Node, level: int) -> Node:
        """A flat chain: however long, it is one level deep."""
        self._descend()
        op = cast("LogicalOp", self._next.kind)
        items = [first]
        while self._accept(op):
            items.append(self._operation(level + 1))
        self._depth -= 1
        return Logical(op, tuple(items))

    def _unary(self) -> Node:
        if not self._accept("!"):
            return self._chain()
        self._descend()
        operand = self._unary()
        self._depth -= 1
        return Not(operand)

    def _chain(self) -> Node:
        """A primary with the properties and indexes after it."""
        node, may_continue = self._primary()
        depth = self._depth
        while may_continue:
            if self._accept("["):
                index: Node = Star() if self._accept("*") else self._expression()
                self._expect("]")
                self._descend()
            elif self._accept("."):
                self._descend()
                index = self._property()
            else:
                break
            node = Index(node, index)
        self._depth = depth
        return node

    def _property(self) -> Node:
        if self._accept("*"):
            return Star()
        if self._next.kind != "name":
            raise self._error("Unexpected symbol", self._next)
        return Constant(self._take().shown)

    def _primary(self) -> tuple[Node, bool]:
        """An operand, and whether a property or an index may follow it."""
        token = self._next
        match token.kind:
            case "constant":
                self._at += 1
                return Constant(token.value), False
            case "name":
                self._at += 1
                return self._named(token), True
            case "(":
                self._at += 1
                node = self._expression()
                if self._next.kind == "end":
                    break_at = self._tokens[self._at - 1]
                    raise self._error("Unexpected end of expression", break_at)
                self._expect(")")
                return node, True
            case "end":
                raise self._error("Unexpected end of expression", self._tokens[self._at - 1])
        raise self._error("Unexpected symbol", token)

    def _named(self, token: Token) -> Node:
        if self._accept("("):
            return self._call(token)
        name = self._contexts.get(token.shown.lower())
        if name is None:
            raise self._error("Unrecognized named-value", token)
        return Name(name)

    def _call(self, token: Token) -> Node:
        args = []
        while not self._accept(")"):
            args.append(self._expression())
            if self._next.kind != ")":
                self._expect(",")
        function = self._functions.get(token.shown.lower())
        if function is None:
            raise self._error("Unrecognized function", token)
        if len(args) < function.least:
            raise self._error("Too few parameters supplied", token)
        if len(args) > function.most:
            raise self._error("Too many parameters supplied", token)
        if function.name == "case" and len(args) % 2 == 0:
            raise self._error(
                "Even number of parameters supplied, requires an odd number of parameters", token
            )
        return Call(function.name, tuple(args))
