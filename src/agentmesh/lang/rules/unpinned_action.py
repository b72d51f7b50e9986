"""An action or a workflow of somebody else's is named by a version that can be moved.

Whoever owns a tag or a branch, or takes over the account that does, decides what runs the next
time, with the job's token and secrets. A whole commit cannot be moved. Branches change with every
push; tags are moved more rarely. GitHub's own actions and images by tag are notes, others are
warnings.

Bad:

```yaml
- uses: some-org/some-action@v1
```

Good:

```yaml
- uses: some-org/some-action@8ade135a41bc03ea155e62e844d188df1ea18608 # v1.4.0
```

Remedy: write the 40 digits of the commit, and the version in a comment behind them, which updating
tools keep in step.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.uses import short_commit
from agentmesh.lang.references import foreign, reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unpinned-action",
    severity="warning",
    summary="An action is named by a version that can be moved.",
    words=("uses",),
)

TAGGED = frozenset(("slsa-framework/slsa-github-generator",))
"""Repositories whose workflows have to be called by tag: what they sign names it."""

_REMEDY = "Name its whole commit, and the version in a comment behind it."


def check(file: Source) -> Iterator[Problem]:
    """Reports each such ``uses``, of steps and of jobs."""
    for job in file.jobs:
        if job.uses is not None:
            yield from _check(file, job.uses)
    for _, step in file.steps:
        if step.uses is not None:
            yield from _check(file, step.uses)


def _check(file: Source, uses: Text) -> Iterator[Problem]:
    source = uses.source
    if source.startswith("docker://"):
        if "@sha256:" not in source and OPEN not in source:
            message = f"The image '{source[9:]}' is named by a tag, which can be moved"
            yield META.problem(
                file.span_of(uses), message, "Name its digest: @sha256:…", severity="info"
            )
        return
    found = reference(source)
    if found is None or found.pinned or found.repository in TAGGED or short_commit(source):
        return
    kind = "version" if found.is_version else "branch or tag"
    message = f"'{found.action}' is named by the {kind} '{found.ref}', which can be moved"
    if foreign(source, file.repository) is not None:
        yield META.problem(file.span_of(uses), message, _REMEDY)
    elif found.official:
        yield META.problem(file.span_of(uses), message, _REMEDY, severity="info")
