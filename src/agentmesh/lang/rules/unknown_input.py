"""An expression asks for an input that the workflow or the action does not declare.

Inputs are declared in `on.workflow_dispatch.inputs`, in `on.workflow_call.inputs`, and in the
`inputs` of an action. All else is null, which reads as the empty text, without an error.

Bad:

```yaml
on:
  workflow_dispatch:
    inputs:
      target: {type: string}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: make ${{ inputs.taget }}
```

Good:

```yaml
on:
  workflow_dispatch:
    inputs:
      target: {type: string}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: make ${{ inputs.target }}
```

Remedy: correct the name, or declare the input.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unknown-input",
    severity="warning",
    summary="An expression asks for an input that is not declared.",
    words=("inputs.", "inputs["),
)


def check(file: Source) -> Iterator[Problem]:
    """Looks at the inputs context, and at the inputs in the payload of a dispatch."""
    declared, dispatched = _declared(file)
    for expression, chain in file.chains("inputs"):
        if chain.key(0) not in {"", "*"} and chain.key(0) not in declared:
            yield META.problem(
                file.span_of_chain(expression, chain, 1),
                f"Context access might be invalid: there is no input '{chain.keys[0]}'",
                close_or_listed(chain.key(0), declared.values(), "inputs"),
            )
    if dispatched is None:
        return
    for expression, chain in file.chains("github"):
        if (chain.key(0), chain.key(1)) != ("event", "inputs") or chain.key(2) in {"", "*"}:
            continue
        if chain.key(2) not in dispatched:
            yield META.problem(
                file.span_of_chain(expression, chain, 3),
                f"Context access might be invalid: there is no input '{chain.keys[2]}'",
                close_or_listed(chain.key(2), dispatched.values(), "inputs"),
            )


def _declared(file: Source) -> tuple[dict[str, str], dict[str, str] | None]:
    """All inputs by lower-case name, and those of workflow_dispatch, None where nothing tells."""
    if file.action is not None:
        return {each.name.lower(): each.name for each in file.action.inputs}, None
    found: dict[str, str] = {}
    dispatched: dict[str, str] | None = None
    for trigger in file.workflow.on if file.workflow is not None else ():
        names = {each.name.lower(): each.name for each in trigger.inputs}
        found |= names
        if trigger.event == "workflow_dispatch":
            dispatched = names
    # A called workflow sees the payload of its caller's event.
    if file.workflow is not None and file.workflow.trigger("workflow_call") is not None:
        dispatched = None
    return found, dispatched
