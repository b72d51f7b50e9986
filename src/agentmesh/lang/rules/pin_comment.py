"""The comment behind a pinned action does not tell its version, or tells a wrong one.

A commit says nothing to a reader, so the comment behind it is what reviewers believe, and what
tools that update it go by. The same commit cannot be two versions, and one exact version is not two
commits: where a file says so, one of the comments is wrong.

Bad:

```yaml
- uses: actions/checkout@8ade135a41bc03ea155e62e844d188df1ea18608 # v4.1.0
- uses: actions/checkout@8ade135a41bc03ea155e62e844d188df1ea18608 # v4.2.2
```

Good:

```yaml
- uses: actions/checkout@8ade135a41bc03ea155e62e844d188df1ea18608 # v4.1.0
- uses: actions/checkout@8ade135a41bc03ea155e62e844d188df1ea18608 # v4.1.0
```

Remedy: look up which tag the commit has, and write that tag behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Text
from agentmesh.lang.references import Reference, reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="pin-comment",
    severity="warning",
    summary="The comment behind a pinned action tells no version, or a wrong one.",
    words=("uses",),
)

_COMMENT = re.compile(r"['\"]?[ \t]+#[ \t]*([^\r\n]*)")
_VERSION = re.compile(r"(?:^|[\s@=/])v?(\d+(?:\.\d+)*(?:[-+][\w.]+)?)(?![\w.])", re.ASCII)
_EXACT = 2
"""Dots of a version that names one release."""


def check(file: Source) -> Iterator[Problem]:
    """Reports pins without a comment as notes, and comments that contradict each other."""
    versions: dict[tuple[str, str], tuple[str, int]] = {}
    commits: dict[tuple[str, str], tuple[str, int]] = {}
    for uses in _uses(file):
        found = reference(uses.source)
        if found is None or not found.pinned:
            continue
        comment = _comment(file, uses)
        if not comment:
            yield META.problem(
                file.span_of(uses),
                f"No comment tells which version of '{found.action}' this commit is",
                "Write the version behind it: # v1.2.3",
                severity="info",
            )
            continue
        version = _VERSION.search(comment)
        if version is not None:
            yield from _compare(file, uses, found, version[1], versions, commits)


def _compare(
    file: Source,
    uses: Text,
    found: Reference,
    version: str,
    versions: dict[tuple[str, str], tuple[str, int]],
    commits: dict[tuple[str, str], tuple[str, int]],
) -> Iterator[Problem]:
    commit = found.ref.lower()
    told, line = versions.setdefault((found.repository, commit), (version, uses.line))
    if not _same(told, version):
        message = f"This commit is said to be {version} here and {told} in line {line}"
        yield META.problem(file.span_of(uses), message, "Look up its tag, and correct the comment.")
    if version.count(".") < _EXACT:
        return
    other, line = commits.setdefault((found.repository, version), (commit, uses.line))
    if other != commit:
        message = (
            f"{found.repository} {version} is said to be this commit here, "
            f"and {other[:7]} in line {line}"
        )
        yield META.problem(file.span_of(uses), message, "Look up its tag, and correct the comment.")


def _same(one: str, other: str) -> bool:
    """Whether one version may be the other, told less exactly: 4 and 4.2.1."""
    short, long = sorted((one.split("."), other.split(".")), key=len)
    return long[: len(short)] == short


def _uses(file: Source) -> Iterator[Text]:
    for job in file.jobs:
        if job.uses is not None:
            yield job.uses
    for _, step in file.steps:
        if step.uses is not None:
            yield step.uses


def _comment(file: Source, uses: Text) -> str:
    """The comment behind a ``uses``, on its line."""
    scalar = file.scalar_of(uses)
    if scalar is None:
        return "?"
    found = _COMMENT.match(file.text, scalar.end)
    return found[1] if found else ""
