"""An expression asks for a secret that cannot be there.

Names of secrets start with a letter or `_`, hold letters, digits and `_`, and do not start with
`GITHUB_`, except for the token that every job gets. A workflow that is only ever called, and that
declares secrets, gets those and no others unless its caller writes `secrets: inherit`.

Bad:

```yaml
- run: deploy
  env:
    TOKEN: ${{ secrets.GITHUB_PAT }}
```

Good:

```yaml
- run: deploy
  env:
    TOKEN: ${{ secrets.DEPLOY_PAT }}
```

Remedy: choose another name, or declare the secret in `on.workflow_call.secrets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.names import close
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unknown-secret",
    severity="warning",
    summary="An expression asks for a secret that cannot be there.",
    kind="workflow",
    words=("secrets.", "secrets["),
)

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TOKEN = "github_token"


def check(file: Source) -> Iterator[Problem]:
    """Looks at names that GitHub refuses, and at those that a called workflow does not declare."""
    declared = _declared(file)
    for expression, chain in file.chains("secrets"):
        name = chain.key(0)
        if name in {"", "*", _TOKEN}:
            continue
        shown = chain.keys[0]
        if not _NAME.fullmatch(name) or name.startswith("github_"):
            yield META.problem(
                file.span_of_chain(expression, chain, 1),
                f"Context access might be invalid: no secret can be called '{shown}'",
                "Names hold letters, digits and '_', and do not start with GITHUB_ or a digit.",
            )
        elif declared is not None and name not in declared:
            yield META.problem(
                file.span_of_chain(expression, chain, 1),
                f"The secret '{shown}' is not declared, so only 'secrets: inherit' brings it here",
                close(name, declared.values()) or "Declare it in on.workflow_call.secrets.",
                severity="info",
            )


def _declared(file: Source) -> dict[str, str] | None:
    """The secrets of a workflow that is only called; None where there may be any."""
    if file.workflow is None or len(file.workflow.on) != 1:
        return None
    trigger = file.workflow.trigger("workflow_call")
    if trigger is None or not trigger.secrets:
        return None
    return {name.lower(): name for name in trigger.secrets}
