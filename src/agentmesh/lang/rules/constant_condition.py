"""A condition that always comes out the same.

It is a constant, or a text stands beside the expression and makes a text of the whole, which counts
as true because it is not empty, or a text was meant to be compared and stands alone behind `||`.

Bad:

```yaml
- if: github.ref == 'refs/heads/main' || 'refs/heads/next'
  run: make
```

Good:

```yaml
- if: github.ref == 'refs/heads/main' || github.ref == 'refs/heads/next'
  run: make
```

Remedy: write the whole condition within one `${{ }}` or without any, and compare each value; remove
a condition that is meant to be constant.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Constant, Logical, Node, Not
from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.expr.show import show
from agentmesh.lang.expr.types import ANY, Type, always
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="constant-condition",
    severity="warning",
    summary="A condition that always comes out the same.",
    words=("if",),
)

_FOUND_BY_THE_PARSER = frozenset(("true", "false"))


def check(file: Source) -> Iterator[Problem]:
    """Looks at conditions that are one expression; the parser looks at texts around them."""
    for expression in file.expressions:
        value = expression.value
        if not value.condition or value.text.source.strip().lower() in _FOUND_BY_THE_PARSER:
            continue
        if not _alone(value.text.source):
            continue
        result = always(expression.root, _unknown)
        if result is not None:
            yield META.problem(
                file.span_of_expression(expression),
                f"The condition is always {str(result).lower()}{_because(expression.root, result)}",
                "Compare the value with something, or remove the condition.",
            )


def _unknown(chain: Chain) -> Type:
    return ANY


def _alone(text: str) -> bool:
    """Whether an ``if`` is one expression, with its braces or without."""
    stripped = text.strip()
    return "${{" not in stripped or (
        stripped.startswith("${{") and stripped.endswith("}}") and stripped.count("${{") == 1
    )


def _because(node: Node, result: bool) -> str:
    """The part that decides, where it is not the whole."""
    part = _decisive(node, result)
    if part is node or not isinstance(part, Constant):
        return ""
    if isinstance(part.value, str) and part.value:
        return f": the text {show(part)} is not compared with anything, and counts as true"
    return f": {show(part)} decides it"


def _decisive(node: Node, result: bool) -> Node:
    if isinstance(node, Not):
        return _decisive(node.operand, not result)
    if isinstance(node, Logical) and result == (node.op == "||"):
        for item in node.items:
            if always(item, _unknown) == result:
                return _decisive(item, result)
    return node
