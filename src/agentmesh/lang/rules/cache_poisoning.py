"""A release is built with what a cache holds.

Whatever ran on the default branch, and every action and package in it, may have written the cache.
A release should hold what its source makes, and nothing that an earlier run has left.

Bad:

```yaml
on:
  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache@v4
        with:
          path: ~/.cache/pip
          key: pip
      - uses: pypa/gh-action-pypi-publish@release/v1
```

Good:

```yaml
on:
  release:
    types: [published]
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make dist
      - uses: pypa/gh-action-pypi-publish@release/v1
```

Remedy: switch the cache off in jobs that publish, or in runs for releases and tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.data.actions import CACHING, PUBLISHING
from agentmesh.lang.model import Job, Map, Step, Text, Workflow
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="cache-poisoning",
    severity="warning",
    summary="A release is built with what a cache holds.",
    kind="workflow",
    words=("cache", "setup-", "toolchain", "action-setup"),
)

_PUBLISHES = re.compile(
    r"\b(?:twine upload|(?:npm|pnpm|yarn|cargo|uv|poetry|flit|hatch|dotnet nuget) (?:\S+ )?"
    r"(?:publish|push)|gem push|gh release (?:create|upload)|mvn (?:\S{1,100} ){0,9}deploy)\b"
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each step that restores a cache where something is published."""
    if file.workflow is None:
        return
    released = _release(file.workflow)
    for job in file.jobs:
        why = released or _publishes(job)
        if not why:
            continue
        for step in job.steps:
            if step.uses is not None and _restores(step):
                yield META.problem(
                    file.span_of(step.uses),
                    f"What a cache holds can get into what {why}",
                    "Switch the cache off here.",
                )


def _release(workflow: Workflow) -> str:
    """What the runs of a workflow publish, if all of them do."""
    events = {trigger.event for trigger in workflow.on}
    push = workflow.trigger("push")
    tags_alone = push is not None and push.tags is not None and push.branches is None
    if events <= {"release", "push", "workflow_dispatch"}:
        if "release" in events and (push is None or tags_alone):
            return "a run for a release makes"
        if tags_alone:
            return "a run for a tag makes"
    return ""


def _publishes(job: Job) -> str:
    for step in job.steps:
        found = reference(step.uses.source) if step.uses else None
        if found is not None and found.action in PUBLISHING:
            return f"'{found.action}' publishes"
        command = _PUBLISHES.search(step.run.source) if step.run else None
        if command is not None:
            return f"'{command[0]}' publishes"
    return ""


def _restores(step: Step) -> bool:
    found = reference(step.uses.source) if step.uses else None
    caching = CACHING.get(found.action) if found else None
    if caching is None:
        return False
    given = {
        key.source.lower(): value.source if isinstance(value, Text) else str(value).lower()
        for key, value in (step.with_ if isinstance(step.with_, Map) else ())
    }
    if not caching.input or caching.input not in given:
        return caching.default
    value = given[caching.input].strip().lower()
    # An expression may well be there to switch it off for releases.
    return OPEN not in value and value not in caching.off
