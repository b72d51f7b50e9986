"""The token that a checkout leaves behind is uploaded with the workspace.

`actions/checkout` writes the job's token into `.git/config`, for later git commands. An artifact
of the whole workspace then holds it, and whoever may read the artifact can use the token while the
job is running.

Bad:

```yaml
- uses: actions/checkout@v4
- uses: actions/upload-artifact@v3
  with:
    path: .
```

Good:

```yaml
- uses: actions/checkout@v4
  with:
    persist-credentials: false
- uses: actions/upload-artifact@v3
  with:
    path: .
```

Remedy: write `persist-credentials: false` at the checkout, or upload less. Version 4 of
`actions/upload-artifact` leaves hidden files out unless `include-hidden-files` is true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Job, Map, Step, Text
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="persisted-credentials",
    severity="warning",
    summary="The token that a checkout leaves behind is uploaded with the workspace.",
    words=("upload-artifact",),
)

_WHOLE = re.compile(
    r"(?:\.|\./|\*|\*\*|\./\*|\./\*\*|\*\*/\*|\$\{\{\s*github\.workspace\s*\}\})(?:/|/\*\*?)?"
)
_GIT = re.compile(r"(?:^!?|/)\.git(?:/|$)")
_KEEPS_HIDDEN_OUT = 4
_VERSION = re.compile(r"v?(\d+)")


def check(file: Source) -> Iterator[Problem]:
    """Reports each checkout that a later step of its job uploads."""
    waiting: list[Step] = []
    current: Job | None = None
    for job, step in file.steps:
        if job is not current:
            current, waiting = job, []
        found = reference(step.uses.source) if step.uses else None
        action = found.action if found else ""
        if action == "actions/checkout" and _persists(step):
            waiting.append(step)
        elif action == "actions/upload-artifact" and _uploads_all(file, step):
            yield from _report(file, waiting, step)
            waiting = []


def _report(file: Source, checkouts: list[Step], upload: Step) -> Iterator[Problem]:
    for step in checkouts:
        if step.uses is not None:
            yield META.problem(
                file.span_of(step.uses),
                f"The token that this leaves in .git is uploaded in line {upload.line}",
                "Write persist-credentials: false, or upload less than the workspace.",
            )


def _input(step: Step, name: str) -> str:
    if not isinstance(step.with_, Map):
        return ""
    for key, value in step.with_.items:
        if key.source.lower() == name:
            return value.source if isinstance(value, Text) else str(value).lower()
    return ""


def _persists(step: Step) -> bool:
    return _input(step, "persist-credentials").lower() != "false"


def _uploads_all(file: Source, step: Step) -> bool:
    lines = [line.strip() for line in _input(step, "path").splitlines()]
    if any(_GIT.search(line) for line in lines if not line.startswith("!")):
        return True
    if not any(_WHOLE.fullmatch(line) for line in lines):
        return False
    if any(_GIT.search(line) for line in lines):
        return False
    hidden = _input(step, "include-hidden-files")
    return hidden == "true" if _version(file, step) >= _KEEPS_HIDDEN_OUT else True


def _version(file: Source, step: Step) -> int:
    """The major version, of a pinned action by its comment; 0 where it is not told."""
    uses = step.uses
    scalar = file.scalar_of(uses) if uses else None
    if uses is None or scalar is None:
        return 0
    found = reference(uses.source)
    if found is not None and not found.pinned:
        match = _VERSION.match(found.ref)
    else:
        line = file.text[scalar.end : file.text.find("\n", scalar.end) % (len(file.text) + 1)]
        match = re.search(r"#.*?\bv?(\d+)", line)
    return int(match[1]) if match else 0
