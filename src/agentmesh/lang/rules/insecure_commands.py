"""Commands that any output can hold are allowed to set variables and programs.

`ACTIONS_ALLOW_UNSECURE_COMMANDS` brings back `::set-env::` and `::add-path::`, which GitHub has
switched off: whatever prints a line, be it the title of a pull request in a log, can then set
variables and programs of the steps that follow.

Bad:

```yaml
- run: ./old-script
  env:
    ACTIONS_ALLOW_UNSECURE_COMMANDS: true
```

Good:

```yaml
- run: echo "MODE=fast" >> "$GITHUB_ENV"
```

Remedy: remove the variable, and append to the files that `$GITHUB_ENV` and `$GITHUB_PATH` name.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Map, Text, Tree
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

NAME = "ACTIONS_ALLOW_UNSECURE_COMMANDS"

META = Rule(
    id="insecure-commands",
    severity="warning",
    summary="Commands that any output can hold are allowed to set variables and programs.",
    words=(NAME,),
)


def check(file: Source) -> Iterator[Problem]:
    """Reports each ``env`` that switches them on."""
    levels: list[Tree] = [file.workflow.env if file.workflow else None]
    levels += [job.env for job in file.jobs]
    levels += [step.env for _, step in file.steps]
    for env in levels:
        for key, value in env if isinstance(env, Map) else ():
            text = value.source if isinstance(value, Text) else str(value)
            if key.source == NAME and text.strip().lower() not in {"", "false", "none"}:
                yield META.problem(
                    file.span_of(key),
                    "Whatever a step prints can now set variables and programs",
                    "Remove it, and append to the files of $GITHUB_ENV and $GITHUB_PATH.",
                )
