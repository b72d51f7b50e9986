"""A comparison whose sides can never be equal.

The sides are of kinds that never meet, or each is one of a few words that have none in common: the
name of an event that does not start the workflow, a result that there is not, a value that is not
in the matrix. A boolean input is a boolean and not the text `'true'`; in
`github.event.inputs` it is a text and not a boolean.

Bad:

```yaml
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - if: github.event_name == 'pull_request'
        run: make
```

Good:

```yaml
on: [push, pull_request]
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - if: github.event_name == 'pull_request'
        run: make
```

Remedy: compare with a value that can be, or remove the comparison.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Compare, Constant, Node, children
from agentmesh.lang.expr.show import show
from agentmesh.lang.expr.types import Primitive, Resolve, Type, infer, may_equal
from agentmesh.lang.rules.context_types import Types
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="impossible-comparison",
    severity="warning",
    summary="A comparison whose sides can never be equal.",
    words=("==", "!="),
)

MAX_LISTED = 6


def check(file: Source) -> Iterator[Problem]:
    """Looks at each ``==`` and ``!=``."""
    types = None
    for expression in file.expressions:
        if "=" not in expression.source:
            continue
        types = types or Types(file)
        resolve = types.at(expression)
        for node in _comparisons(expression.root):
            message = _wrong(node, resolve)
            if message:
                yield META.problem(file.span_of_expression(expression), message, _REMEDY)


_REMEDY = "Compare with a value that can be, or remove the comparison."


def _comparisons(root: Node) -> Iterator[Compare]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Compare) and node.op in ("==", "!="):
            yield node
        waiting += children(node)


def _wrong(node: Compare, resolve: Resolve) -> str:
    left, right = infer(node.left, resolve), infer(node.right, resolve)
    if may_equal(left, right):
        return ""
    always = "false" if node.op == "==" else "true"
    facts = [
        f"{show(side)} is {_said(kind)}"
        for side, kind in ((node.left, left), (node.right, right))
        if not _told_by_itself(side)
    ]
    because = f": {', and '.join(facts)}" if facts else ""
    return f"{show(node)} is always {always}{because}"


def _told_by_itself(node: Node) -> bool:
    return isinstance(node, Constant)


def _said(kind: Type) -> str:
    if kind.values is None:
        return {"number": "a number", "string": "a text", "array": "a list"}.get(
            kind.kind, "a mapping"
        )
    texts = [_word(value) for value in kind.values if value != ""]
    if len(texts) <= 2:
        return " or ".join(texts)
    more = ", …" if len(texts) > MAX_LISTED else ""
    return f"one of {', '.join(texts[:MAX_LISTED])}{more}"


def _word(value: Primitive) -> str:
    return show(Constant(value))
