"""A composite action declares an input that it never uses.

Steps of a composite action see an input as `inputs.NAME` only: unlike with actions in JavaScript or
in a container, there is no variable `INPUT_NAME` in their environment.

Bad:

```yaml
inputs:
  level:
    description: How much to say
runs:
  using: composite
  steps:
    - run: ./report "$INPUT_LEVEL"
      shell: bash
```

Good:

```yaml
inputs:
  level:
    description: How much to say
runs:
  using: composite
  steps:
    - run: ./report "$LEVEL"
      shell: bash
      env:
        LEVEL: ${{ inputs.level }}
```

Remedy: hand `${{ inputs.NAME }}` to the step that needs it, or remove the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Text
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.untrusted import paths

META = Rule(
    id="unused-input",
    severity="info",
    summary="A composite action declares an input that it never uses.",
    kind="action",
    words=("composite",),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each such input at its name; an input that is deprecated may well be unused."""
    action = file.action
    if action is None or action.using != "composite":
        return
    ways = {way for each in file.expressions for way in paths(each.root)}
    used = {way[1] for way in ways if way[0] == "inputs" and len(way) > 1}
    if ("inputs",) in ways or "*" in used:
        return
    used |= {way[3] for way in ways if way[:3] == ("github", "event", "inputs") and len(way) > 3}
    for each in action.inputs:
        if each.name.lower() not in used and not each.deprecation:
            yield META.problem(
                file.span_at(Text(each.name, each.line, each.column)),
                f"No step uses the input '{each.name}'",
                f"Hand ${{{{ inputs.{each.name} }}}} to a step, or remove the input.",
            )
