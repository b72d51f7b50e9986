"""The name of a deployment environment that GitHub does not take, or that is meant differently.

Names have up to 255 characters and ignore case: `Production` and `production` are one environment,
with one set of secrets and protection rules.

Bad:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - run: make
  two:
    runs-on: ubuntu-latest
    environment: Production
    steps:
      - run: make
```

Good:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - run: make
  two:
    runs-on: ubuntu-latest
    environment: staging
    steps:
      - run: make
```

Remedy: write one name the same way everywhere, and keep it short.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Job, Map, Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="environment-name",
    severity="info",
    summary="The name of an environment that GitHub does not take, or that differs by case.",
    kind="workflow",
    words=("environment",),
)

MAX_LENGTH = 255


def check(file: Source) -> Iterator[Problem]:
    """Looks at names that are written out."""
    seen: dict[str, str] = {}
    for job in file.jobs:
        name = _name(job)
        if name is None or OPEN in name.source:
            continue
        if len(name.source) > MAX_LENGTH:
            message = f"The name of an environment has at most {MAX_LENGTH} characters"
            yield META.problem(file.span_at(name), message, "Shorten it.", severity="warning")
        first = seen.setdefault(name.source.lower(), name.source)
        if first != name.source:
            yield META.problem(
                file.span_at(name),
                f"'{name.source}' and '{first}' are one environment, as names ignore case",
                f"Write {first}.",
            )


def _name(job: Job) -> Text | None:
    tree = job.environment
    if isinstance(tree, Map):
        tree = tree.get("name")
    return tree if isinstance(tree, Text) else None
