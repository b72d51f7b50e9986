"""The version of an action pretends to be something that it is not.

GitHub shares the commits of a repository with all of its forks. A reference to a pull request runs
what somebody proposed, and nobody accepted. A version that has almost the shape of a commit is a
branch or a tag that somebody named so: it can be moved, while it looks as if it could not.

Bad:

```yaml
- uses: some-org/some-action@refs/pull/12/head
```

Good:

```yaml
- uses: some-org/some-action@8ade135a41bc03ea155e62e844d188df1ea18608 # v1.4.0
```

Remedy: name a commit of a release, all 40 digits of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Text
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="impostor-reference",
    severity="warning",
    summary="The version of an action pretends to be something that it is not.",
    words=("uses",),
)

_PULL_REQUEST = re.compile(r"(?:refs/)?pull/\d+(?:/\w+)?")
_ALMOST = re.compile(r"(?=.*\d)(?:[0-9a-fA-F]{30,39}|[0-9a-fA-F]{41,64})|[0-9a-zA-Z]{40}")
_REMEDY = "Name a commit of a release, all 40 digits of it."


def check(file: Source) -> Iterator[Problem]:
    """Reports each such ``uses``, of steps and of jobs."""
    for job in file.jobs:
        if job.uses is not None:
            yield from _check(file, job.uses)
    for _, step in file.steps:
        if step.uses is not None:
            yield from _check(file, step.uses)


def _check(file: Source, uses: Text) -> Iterator[Problem]:
    found = reference(uses.source)
    if found is None or found.pinned:
        return
    if _PULL_REQUEST.fullmatch(found.ref):
        message = f"'{found.ref}' is a pull request, which anybody may open, not a release"
        yield META.problem(file.span_of(uses), message, _REMEDY)
    elif _ALMOST.fullmatch(found.ref):
        message = f"'{found.ref}' looks like a commit and is none: a commit has 40 digits"
        yield META.problem(file.span_of(uses), message, _REMEDY)
