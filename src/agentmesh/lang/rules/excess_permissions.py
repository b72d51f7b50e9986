"""The token of a job may do more than it should.

Every step of a job, every action, and every package that it installs can use the job's token. What
the token may do is what a break-in can do. `write-all` is everything; what stands at the workflow
holds for all of its jobs; and where nothing is written, the settings of the repository decide,
which in older repositories is everything, too.

Bad:

```yaml
on: push
permissions: write-all
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - run: gh release create v1
```

Good:

```yaml
on: push
permissions: {}
jobs:
  release:
    runs-on: ubuntu-latest
    permissions:
      contents: write
    steps:
      - run: gh release create v1
```

Remedy: write `permissions: {}` at the workflow, and at each job the scopes that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.data.actions import PUBLISHING
from agentmesh.lang.model import Job
from agentmesh.lang.nodes import at, jobs
from agentmesh.lang.parse.values import entries
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source
from agentmesh.lang.untrusted import paths
from agentmesh.lang.yaml import Node, Scalar

META = Rule(
    id="excess-permissions",
    severity="warning",
    summary="The token of a job may do more than it should.",
    kind="workflow",
)

_TOKEN = {("github", "token"), ("secrets", "github_token")}


def check(file: Source) -> Iterator[Problem]:
    """Reports what is granted at large, and tokens in use whose rights nothing limits."""
    workflow = file.workflow
    if workflow is None:
        return
    nodes = jobs(file.root)
    yield from _granted(file, at(file.root, "permissions"), len(workflow.jobs))
    for _, node in nodes.values():
        yield from _granted(file, at(node, "permissions"), 1)
    if workflow.permissions is None and any(job.permissions is None for job in file.jobs):
        yield from _unlimited(file, {name: key for name, (key, _) in nodes.items()})


def _granted(file: Source, node: Node | None, among: int) -> Iterator[Problem]:
    if isinstance(node, Scalar) and node.text == "write-all":
        yield META.problem(
            file.span_at(node),
            "The token may write everything",
            "Name the scopes that are needed: contents: read",
        )
    if among < 2:
        return
    for key, level in entries(node):
        if isinstance(level, Scalar) and level.text == "write":
            yield META.problem(
                file.span_at(key),
                f"All {among} jobs of this workflow may write {key.text}",
                "Grant it at the job that needs it.",
                severity="info",
            )


def _unlimited(file: Source, keys: dict[str, Scalar]) -> Iterator[Problem]:
    using = {each.job.id for each in file.expressions if each.job and _uses_token(each)}
    for job in file.jobs:
        if job.permissions is None and (job.id in using or _publishes(job)):
            key = keys.get(job.id)
            if key is not None:
                yield META.problem(
                    file.span_at(key),
                    f"The job '{job.id}' uses the token, and nothing says what that may do",
                    "Write permissions at the job, with the scopes that it needs.",
                    severity="info",
                )


def _uses_token(expression: Expression) -> bool:
    return "token" in expression.source.lower() and not _TOKEN.isdisjoint(paths(expression.root))


def _publishes(job: Job) -> bool:
    found = (reference(step.uses.source) for step in job.steps if step.uses)
    return any(each is not None and each.action in PUBLISHING for each in found)
