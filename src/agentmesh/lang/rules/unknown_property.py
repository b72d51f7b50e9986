"""A property that a context never has, so that it is always empty.

The properties of `github`, `runner`, `job` and `strategy` are known, and so are those of a step
(`outputs`, `outcome`, `conclusion`) and of a needed job (`outputs`, `result`). Anything else is
null, which reads as the empty text and as false, without an error.

Bad:

```yaml
- run: echo ${{ github.branch }}
```

Good:

```yaml
- run: echo ${{ github.ref_name }}
```

Remedy: correct the name. What an event brings with it stands under `github.event`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.data.contexts import CONTEXTS, NEED, STEP
from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source

META = Rule(
    id="unknown-property",
    severity="warning",
    summary="A property that a context never has.",
)

_ITEMS = {"steps": STEP, "needs": NEED, "jobs": NEED}


def check(file: Source) -> Iterator[Problem]:
    """Looks at the first property of some contexts, and at the second of those of many items."""
    for context, known in CONTEXTS.items():
        for expression, chain in file.chains(context):
            if chain.key(0) not in known and chain.key(0) not in {"", "*"}:
                yield _problem(file, expression, chain, 1, known)
    for context, known in _ITEMS.items():
        for expression, chain in file.chains(context):
            if len(chain.keys) > 1 and chain.key(1) not in known and chain.key(1) not in {"", "*"}:
                yield _problem(file, expression, chain, 2, known)


def _problem(
    file: Source, expression: Expression, chain: Chain, length: int, known: frozenset[str]
) -> Problem:
    name = ".".join(str(key) for key in (chain.context, *chain.keys[: length - 1]))
    return META.problem(
        file.span_of_chain(expression, chain, length),
        f"Context access might be invalid: {name} has no property '{chain.keys[length - 1]}'",
        close_or_listed(chain.key(length - 1), sorted(known), "properties"),
    )
