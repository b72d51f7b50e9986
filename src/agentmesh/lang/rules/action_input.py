"""A step gives an action an input that the action does not declare.

GitHub warns of it when the job runs, and the action never sees it: mostly it is a slip of the pen,
or an input that another version of the action had. Actions of this repository, actions that were
fetched before, and built-in ones are looked at.

Bad:

```yaml
- uses: actions/checkout@v4
  with:
    fetch_depth: 0
```

Good:

```yaml
- uses: actions/checkout@v4
  with:
    fetch-depth: 0
```

Remedy: correct the name, or remove the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import ActionFile, Map, Step
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="action-input",
    severity="warning",
    summary="A step gives an action an input that the action does not declare.",
    words=("with",),
)

_OF_CONTAINERS = frozenset(("args", "entrypoint"))
"""What every container action takes."""
_LOCAL = ("./", "$/")
_SHOWN = 10


def check(file: Source) -> Iterator[Problem]:
    """Reports each such input at its name."""
    findings = Findings(file.path)
    for _, step in file.steps:
        action = known(file, step)
        if action is None or not isinstance(step.with_, Map):
            continue
        declared = {each.name.lower(): each.name for each in action.inputs}
        for key, _ in step.with_:
            name = key.source.lower()
            if name in declared or OPEN in name:
                continue
            if action.using == "docker" and name in _OF_CONTAINERS:
                continue
            uses = step.uses.source.partition("@")[0] if step.uses else ""
            yield META.problem(
                file.span_of(key),
                f"'{uses}' has no input '{key.source}'",
                findings.suggest(key.source, declared.values()) or _inputs(declared),
            )


def known(file: Source, step: Step) -> ActionFile | None:
    """The action of a step, if its inputs are known.

    An action that is not of this repository and declares none is passed over: a built-in stand-in
    for one that does nothing here does not tell its inputs.
    """
    if step.uses is None:
        return None
    action = file.actions.get(step.uses.source)
    if action is None or (not action.inputs and not step.uses.source.startswith(_LOCAL)):
        return None
    return action


def _inputs(declared: dict[str, str]) -> str:
    if not declared:
        return "It has no inputs."
    names = list(declared.values())
    more = ", …" if len(names) > _SHOWN else ""
    return f"It has: {', '.join(names[:_SHOWN])}{more}"
