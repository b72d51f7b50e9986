"""A call of `format` whose placeholders and arguments do not match.

`{0}` stands for the first argument behind the text, `{{` and `}}` for braces. A placeholder without
an argument, and a brace that stands alone, fail the job when the expression is evaluated; an
argument without a placeholder is lost.

Bad:

```yaml
- run: echo ${{ format('{0} of {2}', github.ref, github.sha) }}
```

Good:

```yaml
- run: echo ${{ format('{0} of {1}', github.ref, github.sha) }}
```

Remedy: number the placeholders from 0, one for each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Call, Constant, Node, children
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="format-placeholder",
    severity="warning",
    summary="A call of format whose placeholders and arguments do not match.",
    words=("format", "FORMAT", "Format"),
)

_PIECE = re.compile(r"\{\{|\}\}|\{([0-9]{1,9})\}|[{}]")


def check(file: Source) -> Iterator[Problem]:
    """Looks at each call whose text is written out."""
    for expression in file.expressions:
        if "format" not in expression.source.lower():
            continue
        for call in calls(expression.root, "format"):
            for message in _wrong(call):
                yield META.problem(
                    file.span_of_expression(expression),
                    message,
                    "Number the placeholders from 0, one for each argument.",
                )


def calls(root: Node, name: str) -> Iterator[Call]:
    """Every call of a function within an expression."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Call) and node.name == name:
            yield node
        waiting += children(node)


def _wrong(call: Call) -> Iterator[str]:
    text = call.args[0]
    if not isinstance(text, Constant) or not isinstance(text.value, str):
        return
    count = len(call.args) - 1
    used: set[int] = set()
    for piece in _PIECE.finditer(text.value):
        if piece[0] in {"{", "}"}:
            yield f"The format string holds a single '{piece[0]}', which is invalid: {text.value}"
            return
        if piece[1]:
            used.add(int(piece[1]))
    for number in sorted(used):
        if number >= count:
            yield f"The format string uses {{{number}}}, and there are {count} arguments"
    for number in range(count):
        if number not in used:
            yield f"The format string does not use {{{number}}}, so that argument is lost"
