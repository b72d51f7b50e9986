"""A secret stands in the environment of a whole job that runs somebody else's actions.

What is in the `env` of a job or of a workflow reaches every step, and each action among them can
read it. In the `env` of the one step that needs it, it reaches that step.

Bad:

```yaml
jobs:
  a:
    runs-on: ubuntu-latest
    env:
      TOKEN: ${{ secrets.TOKEN }}
    steps:
      - uses: some-org/some-action@v1
      - run: ./publish
```

Good:

```yaml
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: some-org/some-action@v1
      - run: ./publish
        env:
          TOKEN: ${{ secrets.TOKEN }}
```

Remedy: move it to the `env` of the steps that use it.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Job
from agentmesh.lang.references import Reference, foreign
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.untrusted import paths

META = Rule(
    id="secrets-in-job-env",
    severity="warning",
    summary="A secret is in the environment of a job that runs somebody else's actions.",
    kind="workflow",
    words=("secrets", "SECRETS", "Secrets"),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each such variable once, with the first action that sees it."""
    strangers = {job.id: _stranger(file, job) for job in file.jobs}
    first = next((each for each in strangers.values() if each is not None), None)
    if first is None:
        return
    for expression in file.expressions:
        if expression.step is not None or not expression.value.key.startswith("env."):
            continue
        names = sorted(
            way[1]
            for way in paths(expression.root)
            if way[0] == "secrets" and len(way) > 1 and way[1] != "github_token"
        )
        stranger = first if expression.job is None else strangers[expression.job.id]
        if names and stranger is not None:
            yield META.problem(
                file.span_of_expression(expression),
                f"The secret '{names[0].upper()}' is seen by '{stranger.action}' and by every "
                "other step",
                "Move it to the env of the steps that use it.",
            )


def _stranger(file: Source, job: Job) -> Reference | None:
    """The first action of a third party."""
    found = (foreign(step.uses.source, file.repository) for step in job.steps if step.uses)
    return next((each for each in found if each is not None), None)
