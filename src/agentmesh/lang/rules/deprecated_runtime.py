"""An action that asks for a version of Node that runners do not have any more.

GitHub's runners run `node12` and `node16` actions on a newer Node, with a warning on each run, and
have announced that they stop. The action should be built and tested for one that is there.

Bad:

```yaml
name: n
description: d
runs: {using: node16, main: index.js}
```

Good:

```yaml
name: n
description: d
runs: {using: node24, main: index.js}
```

Remedy: write `using: node24`, and test the action with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.nodes import at
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="deprecated-runtime",
    severity="warning",
    summary="An action that asks for a version of Node that runners do not have any more.",
    kind="action",
    words=("node12", "node16"),
)

DEPRECATED = ("node12", "node16")
CURRENT = "node24"


def check(file: Source) -> Iterator[Problem]:
    """Reports the value of ``runs.using``."""
    node = at(file.root, "runs", "using")
    if file.action is not None and file.action.using in DEPRECATED and node is not None:
        yield META.problem(
            file.span_at(node),
            f"The runtime '{file.action.using}' is deprecated",
            f"Write using: {CURRENT}, and test the action with it.",
        )
