"""A call of `contains` that looks for a value within a list written as a text.

In a text `contains` finds any part of it: `contains('main,develop', github.ref_name)` is true for
the branch `dev` too. In a list it compares whole items.

Bad:

```yaml
- if: contains('main, develop', github.ref_name)
  run: make
```

Good:

```yaml
- if: contains(fromJSON('["main", "develop"]'), github.ref_name)
  run: make
```

Remedy: make a list of the text with `fromJSON`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Constant
from agentmesh.lang.rules.format_placeholder import calls
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="contains-text",
    severity="warning",
    summary="A call of contains that looks for a value within a list written as a text.",
    words=("contains", "Contains", "CONTAINS"),
)

_LIST = re.compile(r"\s*\[.*\]\s*|[^,\s|;]+(?:\s*[,|;]\s*|\s+)[^,\s|;].*", re.DOTALL)


def reads_as_list(text: str) -> bool:
    """Whether a text looks as if it were meant to be several items."""
    return _LIST.fullmatch(text) is not None


def check(file: Source) -> Iterator[Problem]:
    """Looks at calls whose first argument is written out, and reads as a list."""
    for expression in file.expressions:
        if "contains" not in expression.source.lower():
            continue
        for call in calls(expression.root, "contains"):
            text, item = call.args
            if not isinstance(text, Constant) or not isinstance(text.value, str):
                continue
            if isinstance(item, Constant) or not reads_as_list(text.value):
                continue
            yield META.problem(
                file.span_of_expression(expression),
                f"contains finds any part of the text '{text.value}', not whole items of a list",
                'Make a list of it: contains(fromJSON(\'["a", "b"]\'), …)',
            )
