"""A workflow of somebody else's is given all secrets.

`secrets: inherit` hands over every secret of the repository and of its organisation, those that are
added later included. Within one's own organisation that is a convenience; a workflow of others
should get what it needs, by name.

Bad:

```yaml
jobs:
  release:
    uses: some-org/workflows/.github/workflows/release.yml@v1
    secrets: inherit
```

Good:

```yaml
jobs:
  release:
    uses: some-org/workflows/.github/workflows/release.yml@v1
    secrets:
      registry-token: ${{ secrets.REGISTRY_TOKEN }}
```

Remedy: pass the secrets that the workflow declares, each by its name.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.nodes import at, jobs
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="secrets-inherit",
    severity="warning",
    summary="A workflow of somebody else's is given all secrets.",
    kind="workflow",
    words=("inherit",),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each call of a foreign workflow that inherits."""
    own = file.repository.partition("/")[0].lower()
    nodes = jobs(file.root)
    for job in file.jobs:
        found = reference(job.uses.source) if job.uses and job.inherit_secrets else None
        node = at(nodes[job.id][1], "secrets") if job.id in nodes else None
        if found is None or node is None or found.owner == own:
            continue
        yield META.problem(
            file.span_at(node),
            f"All secrets are given to '{found.repository}', which is somebody else's",
            "Pass the secrets that it needs by name.",
        )
