"""An expression asks for a job that its own job does not need, or that is not there.

The `needs` context holds the jobs that stand in the job's `needs`, and not those that these need in
turn. All else is null, which reads as the empty text, without an error. The `jobs` context of a
called workflow's outputs holds the jobs of the workflow.

Bad:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: make
  two:
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ needs.one.result }}
```

Good:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: make
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ needs.one.result }}
```

Remedy: add the job to `needs`, or correct the name.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unknown-need",
    severity="warning",
    summary="An expression asks for a job that its own job does not need.",
    kind="workflow",
    words=("needs.", "needs[", "jobs.", "jobs["),
)


def check(file: Source) -> Iterator[Problem]:
    """Compares each name with the job's needs."""
    jobs = {job.id.lower(): job.id for job in file.jobs}
    for expression, chain in file.chains("needs"):
        name = chain.key(0)
        if name in {"", "*"} or expression.job is None:
            continue
        needs = {need.source.lower(): need.source for need in expression.job.needs}
        if name in needs:
            continue
        if name in jobs:
            message = f"'needs.{chain.keys[0]}' is empty: this job does not need '{jobs[name]}'"
            remedy = f"Add {jobs[name]} to needs."
        else:
            message = f"Context access might be invalid: there is no job '{chain.keys[0]}'"
            remedy = close_or_listed(name, needs.values(), "needs of this job")
        yield META.problem(file.span_of_chain(expression, chain, 1), message, remedy)
    for expression, chain in file.chains("jobs"):
        if chain.key(0) not in {"", "*"} and chain.key(0) not in jobs:
            yield META.problem(
                file.span_of_chain(expression, chain, 1),
                f"Context access might be invalid: there is no job '{chain.keys[0]}'",
                close_or_listed(chain.key(0), jobs.values(), "jobs"),
            )
