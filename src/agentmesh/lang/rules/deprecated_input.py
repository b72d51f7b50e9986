"""A step gives an action an input that the action has deprecated.

The action's author has written down what to use instead; the input may go away with any version.

Bad:

```yaml
- uses: ./.github/actions/build
  with:
    python: '3.12'
```

Good:

```yaml
- uses: ./.github/actions/build
  with:
    python-version: '3.12'
```

Remedy: do what the message says.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map
from agentmesh.lang.rules.action_input import known
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="deprecated-input",
    severity="warning",
    summary="A step gives an action an input that the action has deprecated.",
    words=("with",),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each such input at its name, with the author's message."""
    for _, step in file.steps:
        action = known(file, step)
        if action is None or not isinstance(step.with_, Map):
            continue
        deprecated = {each.name.lower(): each.deprecation for each in action.inputs}
        for key, _ in step.with_:
            message = deprecated.get(key.source.lower())
            if message:
                yield META.problem(
                    file.span_of(key),
                    f"The input '{key.source}' is deprecated: {' '.join(message.split())}",
                    "Do what the message says.",
                )
