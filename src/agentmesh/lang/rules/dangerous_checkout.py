"""A run that has secrets checks out the code of a pull request.

Runs for `pull_request_target`, `workflow_run` and `issue_comment` belong to the repository: they
have its secrets and a token that may write, whoever opened the pull request. Once the head of the
pull request is checked out, its tests, its build files and its package scripts run with them.

Bad:

```yaml
on: pull_request_target
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
      - run: make test
```

Good:

```yaml
on: pull_request
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: make test
```

Remedy: build and test in a workflow for `pull_request`, which has no secrets, and let another one
for `workflow_run` use what it has left as an artifact, as data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map, Step, Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.references import reference
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source
from agentmesh.lang.untrusted import paths

META = Rule(
    id="dangerous-checkout",
    severity="warning",
    summary="A run that has secrets checks out the code of a pull request.",
    kind="workflow",
    words=("pull_request_target", "workflow_run", "issue_comment"),
)

EVENTS = ("pull_request_target", "workflow_run", "issue_comment")
_HEAD = re.compile(
    r"github\.(?:head_ref"
    r"|event\.pull_request\.(?:head\.(?:sha|ref|label|repo\.(?:full_name|clone_url))"
    r"|merge_commit_sha)"
    r"|event\.workflow_run\.(?:head_(?:sha|branch|commit\.id|repository\.full_name)"
    r"|pull_requests\.\*\.head\.(?:sha|ref))"
    r"|event\.(?:number|issue\.number|pull_request\.number)(?=.*pull/))"
)
_SAME_REPOSITORY = (".head.repo.", ".head_repository.", ".head.user.", "author_association")
_GH = re.compile(r"\bgh\s+pr\s+checkout\b")
_GIT = re.compile(r"\bgit\s+(fetch|pull|checkout|switch)\b")
_PULL = re.compile(r"\bpull/[^\n/]+/(?:head|merge)")


def check(file: Source) -> Iterator[Problem]:
    """Reports checkouts by action and by command."""
    if file.workflow is None:
        return
    event = next((name for name in EVENTS if file.workflow.trigger(name)), "")
    if not event:
        return
    of_step: dict[int, list[Expression]] = {}
    guarded: set[int] = set()
    for each in file.expressions:
        if each.step is not None:
            of_step.setdefault(id(each.step), []).append(each)
        if each.value.key == "if" and _asks(each):
            guarded.add(id(each.step or each.job))
    for job, step in file.steps:
        if job is None or id(job) in guarded or id(step) in guarded:
            continue
        found = _by_action(step, of_step.get(id(step), ())) or _by_command(step)
        if found is not None:
            text, start, end = found
            yield META.problem(
                file.span_of(text, start, end),
                f"The code of a pull request is checked out in a run for {event}, which has "
                "the repository's secrets and token",
                "Do what needs its code in a workflow for pull_request.",
            )


def _by_action(step: Step, expressions: Iterable[Expression]) -> tuple[Text, int, int] | None:
    found = reference(step.uses.source) if step.uses else None
    if found is None or found.action != "actions/checkout" or not isinstance(step.with_, Map):
        return None
    for expression in expressions:
        if expression.value.key.lower() in {"with.ref", "with.repository"}:
            # The text around a number tells whether it is that of a pull request.
            text = expression.value.text
            for way in paths(expression.root):
                if _HEAD.match(f"{'.'.join(way)} {text.source}"):
                    return text, expression.start, expression.start + len(expression.source)
    return None


def _by_command(step: Step) -> tuple[Text, int, int] | None:
    if step.run is None:
        return None
    script = step.run.source
    found = _GH.search(script)
    if found is not None:
        return step.run, *found.span()
    at = 0
    for line in script.splitlines(keepends=True):
        command = _GIT.search(line)
        if command is not None and _of_head(command[1], line):
            return step.run, at + command.start(), at + len(line.rstrip())
        at += len(line)
    return None


def _of_head(command: str, line: str) -> bool:
    """Whether a line of git gets the head of a pull request."""
    if command in {"fetch", "pull"} and _PULL.search(line):
        return True
    return OPEN in line and any(
        _HEAD.match(each[0]) for each in re.finditer(r"\bgithub\.[\w.]+", line)
    )


def _asks(expression: Expression) -> bool:
    """Whether a condition asks where the pull request comes from, or who wrote it."""
    source = expression.source.lower()
    return any(word in f".{source}" for word in _SAME_REPOSITORY)
