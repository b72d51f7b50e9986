"""The password of a registry stands in the file.

Everybody who can read the repository, and its history, can read it.

Bad:

```yaml
container:
  image: registry.example.org/tools
  credentials:
    username: ci
    password: hunter2
```

Good:

```yaml
container:
  image: registry.example.org/tools
  credentials:
    username: ci
    password: ${{ secrets.REGISTRY_PASSWORD }}
```

Remedy: change the password, put the new one into a secret, and name that here.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map, Text, Tree
from agentmesh.lang.parse.expressions import OPEN, literal
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="container-credentials",
    severity="warning",
    summary="The password of a registry stands in the file.",
    kind="workflow",
    words=("password",),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each password of a container or a service that is no expression."""
    for job in file.jobs:
        services = job.services if isinstance(job.services, Map) else Map()
        for container in (job.container, *(service for _, service in services)):
            password = _get(_get(container, "credentials"), "password")
            if not isinstance(password, Text):
                continue
            source = password.source
            if source.strip() and (OPEN not in source or literal(source)):
                yield META.problem(
                    file.span_of(password),
                    "This password can be read by everybody who can read the file",
                    "Change it, put it into a secret, and write ${{ secrets.NAME }}.",
                )


def _get(tree: Tree, key: str) -> Tree:
    return tree.get(key) if isinstance(tree, Map) else None
