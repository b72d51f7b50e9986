"""Which values of an expression anybody can write who may open an issue or a pull request.

Called by lint rules. The list follows "Script injections" and "Understanding the risk of script
injections" of GitHub's documentation: names and texts that people outside choose freely.
"""

from __future__ import annotations

from functools import lru_cache

from agentmesh.lang.expr.ast import (
    Call,
    Constant,
    Index,
    Logical,
    Name,
    Node,
    Star,
    children,
)
from agentmesh.lang.expr.values import to_string

_COMMIT = "message author.name author.email committer.name committer.email"
_BRANCH = "ref label repo.default_branch repo.description repo.homepage"
_PATHS: dict[str, str] = {
    "github": "head_ref",
    "github.event": "changes.title.from changes.body.from",
    "github.event.issue": "title body",
    "github.event.discussion": "title body",
    "github.event.comment": "body",
    "github.event.review": "body",
    "github.event.review_comment": "body",
    "github.event.pages.*": "page_name title summary",
    "github.event.commits.*": _COMMIT,
    "github.event.head_commit": _COMMIT,
    "github.event.pull_request": "title body",
    "github.event.pull_request.head": _BRANCH,
    "github.event.workflow_run": "head_branch display_title",
    "github.event.workflow_run.head_commit": _COMMIT,
    "github.event.workflow_run.head_repository": "description",
    "github.event.workflow_run.pull_requests.*.head": "ref",
    "github.event.merge_group.head_commit": _COMMIT,
    "github.event.check_suite": "head_branch",
    "github.event.check_run.check_suite": "head_branch",
    "github.event.forkee": "description homepage",
}
UNTRUSTED: tuple[tuple[str, ...], ...] = tuple(
    tuple(f"{base}.{rest}".split(".")) for base, words in _PATHS.items() for rest in words.split()
)
"""Paths in lower case; ``*`` stands for any item."""

# What an expression makes of its arguments holds their text; other functions give true or false,
# or the digest of files.
_PASSING = frozenset(("format", "join", "toJSON", "fromJSON", "case"))


@lru_cache(maxsize=4096)
def path(node: Node) -> tuple[str, ...]:
    """The way from a context to a value in lower case, ``*`` where it is computed; empty for what
    does not start at a context."""
    if isinstance(node, Name):
        return (node.name.lower(),)
    if not isinstance(node, Index):
        return ()
    target = path(node.target)
    if not target:
        return ()
    if isinstance(node.index, Constant):
        word = to_string(node.index.value).lower()
        return (*target, "*" if word.isdigit() else word)
    return (*target, "*")


@lru_cache(maxsize=4096)
def untrusted(node: Node) -> str:
    """The first untrusted value whose text becomes a part of what an expression gives; or nothing.

    ``github.event.issue`` by itself gives ``Object``, while ``toJSON`` of it holds the title.
    """
    return _flows(node, whole=False)


def _flows(node: Node, *, whole: bool) -> str:
    match node:
        case Logical("||", items):
            return _first(items, whole=whole)
        case Logical("&&", items):
            # An operand before the last is given only where it is empty, 0, false or null.
            return _flows(items[-1], whole=whole)
        case Call("case", args):
            return _first((*args[1::2], args[-1]), whole=whole)
        case Call("toJSON", args):
            return _first(args, whole=True)
        case Call(name, args) if name in _PASSING:
            return _first(args, whole=whole)
        case Name() | Index():
            way = path(node)
            if way and any(_matches(way, known, whole=whole) for known in UNTRUSTED):
                return ".".join(way)
            # A property of fromJSON(…): what was untrusted stays so.
            return _base(node, whole=whole)
    return ""


def _first(nodes: tuple[Node, ...], *, whole: bool) -> str:
    return next((found for node in nodes if (found := _flows(node, whole=whole))), "")


def _base(node: Node, *, whole: bool) -> str:
    while isinstance(node, Index):
        node = node.target
    return _flows(node, whole=whole) if isinstance(node, Call) else ""


def _matches(way: tuple[str, ...], known: tuple[str, ...], *, whole: bool) -> bool:
    """Whether a way leads to an untrusted value, or, for what holds it whole, on the way there."""
    if len(way) > len(known) or (len(way) < len(known) and not whole):
        return False
    return all(one in {other, "*"} or other == "*" for one, other in zip(way, known, strict=False))


def paths(node: Node) -> frozenset[tuple[str, ...]]:
    """Every longest way of an expression, whatever becomes of it."""
    way = path(node)
    if way:
        return frozenset((way, *(each for index in _indexes(node) for each in paths(index))))
    return frozenset(each for child in children(node) for each in paths(child))


def _indexes(node: Node) -> list[Node]:
    """The computed indexes of a chain."""
    found: list[Node] = []
    while isinstance(node, Index):
        if not isinstance(node.index, Constant | Star):
            found.append(node.index)
        node = node.target
    return found
