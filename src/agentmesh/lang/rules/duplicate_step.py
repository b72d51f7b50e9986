"""Two steps of a job do exactly the same with the same action.

Mostly one of them was meant to do something else, or was left over from a merge.

Bad:

```yaml
- uses: actions/setup-python@v6
  with: {python-version: '3.13'}
- uses: actions/setup-python@v6
  with: {python-version: '3.13'}
```

Good:

```yaml
- uses: actions/setup-python@v6
  with: {python-version: '3.13'}
- uses: actions/setup-python@v6
  with: {python-version: '3.14'}
```

Remedy: remove one, or change what it was meant to do.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map, Seq, Step, Text, Tree
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="duplicate-step",
    severity="info",
    summary="Two steps of a job do exactly the same with the same action.",
    words=("uses",),
)


def check(file: Source) -> Iterator[Problem]:
    """Compares the steps of a job that use the same action."""
    seen: dict[object, Step] = {}
    for job, step in file.steps:
        if step.uses is None:
            continue
        twin = seen.setdefault((job.id if job else "", _plain_step(step)), step)
        if (twin.line, twin.column) != (step.line, step.column):
            yield META.problem(
                file.span_at(step.uses),
                f"This step does the same as the one in line {twin.line}",
                "Remove one of them.",
            )


def _plain_step(step: Step) -> object:
    uses = str(step.uses)
    return uses, _plain(step.with_), _plain(step.env), str(step.if_), str(step.name or ""), step.id


def _plain(tree: Tree) -> object:
    """A value without its place."""
    if isinstance(tree, Text):
        return tree.source
    if isinstance(tree, Seq):
        return tuple(_plain(item) for item in tree.items)
    if isinstance(tree, Map):
        return frozenset((key.source, _plain(value)) for key, value in tree)
    return tree
