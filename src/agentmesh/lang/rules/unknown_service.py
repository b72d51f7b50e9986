"""An expression asks for a service container that the job does not have.

`job.services` holds the containers under `services` of the same job. All else is null, which reads
as the empty text, without an error.

Bad:

```yaml
runs-on: ubuntu-latest
services:
  postgres: {image: 'postgres:17', ports: ['5432']}
steps:
  - run: make test PORT=${{ job.services.postgre.ports['5432'] }}
```

Good:

```yaml
runs-on: ubuntu-latest
services:
  postgres: {image: 'postgres:17', ports: ['5432']}
steps:
  - run: make test PORT=${{ job.services.postgres.ports['5432'] }}
```

Remedy: correct the name, or add the service.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map, Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unknown-service",
    severity="warning",
    summary="An expression asks for a service container that the job does not have.",
    kind="workflow",
    words=("job.services", "job["),
)


def check(file: Source) -> Iterator[Problem]:
    """Compares each name with the services of the job."""
    for expression, chain in file.chains("job"):
        job = expression.job
        if job is None or chain.key(0) != "services" or chain.key(1) in {"", "*"}:
            continue
        if isinstance(job.services, Text):
            continue
        names = [key.source for key, _ in job.services] if isinstance(job.services, Map) else []
        if any(OPEN in name or name.lower() == chain.key(1) for name in names):
            continue
        yield META.problem(
            file.span_of_chain(expression, chain, 2),
            f"Context access might be invalid: the job has no service '{chain.keys[1]}'",
            close_or_listed(chain.key(1), names, "services"),
        )
