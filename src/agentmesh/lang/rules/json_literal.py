"""A call of `fromJSON` with a text that is no JSON.

It fails the job when the expression is evaluated. Texts of expressions stand in single quotes, and
those of JSON in double quotes.

Bad:

```yaml
- if: contains(fromJSON('[''a'', ''b'']'), github.ref_name)
  run: make
```

Good:

```yaml
- if: contains(fromJSON('["a", "b"]'), github.ref_name)
  run: make
```

Remedy: write JSON: double quotes around texts, no comma behind the last item.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr import jsontext
from agentmesh.lang.expr.ast import Constant
from agentmesh.lang.rules.format_placeholder import calls
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="json-literal",
    severity="warning",
    summary="A call of fromJSON with a text that is no JSON.",
    words=("fromJSON", "fromJson", "fromjson", "FromJSON", "FromJson"),
)


def check(file: Source) -> Iterator[Problem]:
    """Looks at each call whose text is written out."""
    for expression in file.expressions:
        if "fromjson" not in expression.source.lower():
            continue
        for call in calls(expression.root, "fromJSON"):
            text = call.args[0]
            if isinstance(text, Constant) and isinstance(text.value, str) and _broken(text.value):
                yield META.problem(
                    file.span_of_expression(expression),
                    f"fromJSON gets a text that is no JSON: '{_cut(text.value)}'",
                    "Write double quotes around texts, and no comma behind the last item.",
                )


def _broken(text: str) -> bool:
    try:
        jsontext.read(text)
    except (ValueError, RecursionError):
        return True
    return not text.strip()


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
