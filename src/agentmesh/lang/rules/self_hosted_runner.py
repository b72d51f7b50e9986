"""A pull request runs on a machine of one's own.

In a public repository anybody can open a pull request, whose code then runs on that machine, and
can leave something there for the jobs that follow, unless each job gets a machine that is thrown
away.

Bad:

```yaml
on: pull_request
jobs:
  test:
    runs-on: self-hosted
    steps:
      - run: make test
```

Good:

```yaml
on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
```

Remedy: use a hosted runner for pull requests, or runners that serve one job each, and let somebody
approve the runs of people from outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.nodes import at, jobs
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.shell import labels

META = Rule(
    id="self-hosted-runner",
    severity="info",
    summary="A pull request runs on a machine of one's own.",
    kind="workflow",
    words=("pull_request", "issue_comment"),
)

_EVENTS = ("pull_request", "pull_request_target", "issue_comment")


def check(file: Source) -> Iterator[Problem]:
    """Reports each job of such a workflow that asks for the label ``self-hosted``."""
    if file.workflow is None:
        return
    event = next((name for name in _EVENTS if file.workflow.trigger(name)), "")
    if not event:
        return
    nodes = jobs(file.root)
    for job in file.jobs:
        node = at(nodes[job.id][1], "runs-on") if job.id in nodes else None
        if node is not None and "self-hosted" in labels(job.runs_on):
            yield META.problem(
                file.span_at(node),
                f"Runs for {event} are on a machine of one's own, which strangers' code may change",
                "Use a hosted runner here, or one that serves a single job.",
            )
