"""A condition takes whoever caused a run for whoever wrote the change.

`github.actor` is the last one who did something: when a bot rebases or reopens a pull request, or
a person makes a bot do so, it is the bot, whatever the pull request holds. A job that trusts it
then merges or runs what somebody else wrote.

Bad:

```yaml
on: pull_request_target
jobs:
  merge:
    if: github.actor == 'dependabot[bot]'
    runs-on: ubuntu-latest
    steps:
      - run: gh pr merge --auto "$PR"
```

Good:

```yaml
on: pull_request_target
jobs:
  merge:
    if: github.event.pull_request.user.login == 'dependabot[bot]'
    runs-on: ubuntu-latest
    steps:
      - run: gh pr merge --auto "$PR"
```

Remedy: ask who opened the pull request: `github.event.pull_request.user.login`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.ast import Call, Compare, Constant, Node, children
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.untrusted import path

META = Rule(
    id="bot-condition",
    severity="warning",
    summary="A condition takes whoever caused a run for whoever wrote the change.",
    kind="workflow",
    words=("[bot]",),
)

_ACTORS = {
    ("github", "actor"),
    ("github", "triggering_actor"),
    ("github", "event", "sender", "login"),
    ("github", "event", "pull_request", "sender", "login"),
}
_TRUSTING = ("pull_request_target", "workflow_run", "issue_comment")


def check(file: Source) -> Iterator[Problem]:
    """Reports conditions that are fulfilled by a bot's name, where the run has secrets; in other
    runs for pull requests they are notes."""
    if file.workflow is None:
        return
    trusting = any(file.workflow.trigger(event) for event in _TRUSTING)
    if not trusting and not file.workflow.trigger("pull_request"):
        return
    for expression in file.expressions:
        if expression.value.condition and _trusts(expression.root):
            yield META.problem(
                file.span_of_expression(expression),
                "The bot may have caused this run without having written the change",
                "Compare github.event.pull_request.user.login, who opened the pull request.",
                severity="warning" if trusting else "info",
            )


def _trusts(node: Node) -> bool:
    """Whether a bot's name makes a part of the condition true; ``!=`` keeps bots out."""
    match node:
        case Compare("==", left, right):
            return _is_bot(left, right) or _is_bot(right, left)
        case Call("contains" | "startsWith" | "endsWith", (text, word)):
            return _is_bot(text, word)
    return any(map(_trusts, children(node)))


def _is_bot(actor: Node, name: Node) -> bool:
    return (
        path(actor) in _ACTORS
        and isinstance(name, Constant)
        and isinstance(name.value, str)
        and name.value.lower().endswith("[bot]")
    )
