"""What an expression asks of contexts: every chain that starts at one, and where it is written.

Called by :mod:`agentmesh.lang.rules.source` for each expression of a file. Follows the property
dereference of "Evaluate expressions in workflows and actions": ``a.b`` and ``a['b']`` are the same.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from agentmesh.lang.expr.ast import Constant, Index, Name, Node, Star, children
from agentmesh.lang.expr.lex import Token, lex
from agentmesh.lang.expr.parse import parse


class Chain(msgspec.Struct, frozen=True):
    """A context, and the properties asked of it one after the other, as they are written.

    ``*`` stands for all items, None for an index that is computed or no text.
    """

    context: str
    keys: tuple[str | None, ...]

    def key(self, number: int) -> str:
        """A property in lower case; empty where there is none, or none that is known."""
        found = self.keys[number] if number < len(self.keys) else None
        return "" if found is None else found.lower()


@lru_cache(maxsize=16384)
def chains(source: str) -> tuple[Chain, ...]:
    """The chains of an expression that can be read, those within indexes included; memoised."""
    found: list[Chain] = []
    waiting: list[Node] = [parse(source).root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Name):
            found.append(Chain(node.name, ()))
        elif isinstance(node, Index):
            _chain(node, found, waiting)
        else:
            waiting += children(node)
    return tuple(found)


def _chain(node: Index, found: list[Chain], waiting: list[Node]) -> None:
    keys: list[str | None] = []
    target: Node = node
    while isinstance(target, Index):
        keys.append(_key(target.index))
        if not isinstance(target.index, Constant | Star):
            waiting.append(target.index)
        target = target.target
    if isinstance(target, Name):
        found.append(Chain(target.name, tuple(reversed(keys))))
    else:
        waiting.append(target)


def chain_of(node: Node) -> Chain | None:
    """The chain that a node is, or None where it starts at something else than a context."""
    keys: list[str | None] = []
    while isinstance(node, Index):
        keys.append(_key(node.index))
        node = node.target
    return Chain(node.name, tuple(reversed(keys))) if isinstance(node, Name) else None


def _key(index: Node) -> str | None:
    if isinstance(index, Star):
        return "*"
    if isinstance(index, Constant) and isinstance(index.value, str):
        return index.value
    return None


def locate(source: str, chain: Chain, length: int = 0) -> tuple[int, int]:
    """Where a chain, or the ``length`` first properties of it, is first written in an expression:
    start and end. The whole expression where it is not found."""
    tokens = lex(source)
    wanted = chain.keys[: length or None]
    for at, token in enumerate(tokens):
        if token.kind != "name" or token.shown.lower() != chain.context.lower():
            continue
        if at and tokens[at - 1].kind == ".":
            continue
        end = _follow(tokens, at + 1, wanted)
        if end is not None:
            return token.start, end or token.start + len(token.shown)
    return 0, len(source)


def _follow(tokens: list[Token], at: int, keys: tuple[str | None, ...]) -> int | None:
    """Where keys end that are written from a token on; None where others are."""
    end = 0
    for key in keys:
        if key is None:
            return end
        if tokens[at].kind == ".":
            name = tokens[at + 1]
            at, end = at + 2, name.start + len(name.shown)
        elif tokens[at].kind == "[" and tokens[at + 2].kind == "]":
            name = tokens[at + 1]
            at, end = at + 3, tokens[at + 2].start + 1
        else:
            return None
        if name.shown.lower() != key.lower():
            return None
    return end
