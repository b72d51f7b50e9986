"""A step does not give an action an input that the action requires.

GitHub runs the step nevertheless, with an empty text; most actions fail then. Actions of this
repository, actions that were fetched before, and built-in ones are looked at.

Bad:

```yaml
- uses: actions/cache@v4
  with:
    path: ~/.cache/pip
```

Good:

```yaml
- uses: actions/cache@v4
  with:
    path: ~/.cache/pip
    key: pip-${{ runner.os }}
```

Remedy: give the input under `with`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.action_input import known
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="missing-input",
    severity="warning",
    summary="A step does not give an action an input that the action requires.",
    words=("uses",),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each such step at its ``uses``."""
    if not file.actions:
        return
    for _, step in file.steps:
        action = known(file, step)
        if action is None or step.uses is None or not isinstance(step.with_, Map | None):
            continue
        given = {key.source.lower() for key, _ in step.with_ or ()}
        if any(OPEN in key for key in given):
            continue
        missing = [
            each.name
            for each in action.inputs
            if each.required and each.default is None and each.name.lower() not in given
        ]
        if missing:
            names = ", ".join(f"'{name}'" for name in missing)
            yield META.problem(
                file.span_of(step.uses),
                f"The action requires the input{'s' if len(missing) > 1 else ''} {names}",
                f"Add to with: {', '.join(missing)}",
            )
