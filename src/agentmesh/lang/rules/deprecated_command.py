"""A script that speaks to the runner by a command that is deprecated or switched off.

`::set-output::` and `::save-state::` are deprecated and go away without further notice;
`::set-env::` and `::add-path::` fail unless `ACTIONS_ALLOW_UNSECURE_COMMANDS` is set, because
whatever prints a line could use them. Files took their place: what is appended to `$GITHUB_OUTPUT`,
`$GITHUB_STATE`, `$GITHUB_ENV` and `$GITHUB_PATH`.

Bad:

```yaml
- id: version
  run: echo "::set-output name=version::1.2"
```

Good:

```yaml
- id: version
  run: echo "version=1.2" >> "$GITHUB_OUTPUT"
```

Remedy: append `NAME=VALUE` to the file that the message names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="deprecated-command",
    severity="warning",
    summary="A script uses a workflow command that is deprecated or switched off.",
    words=("::set-", "::save-state", "::add-path"),
)

_COMMAND = re.compile(r"::(set-output|save-state|set-env)\s+name=|::(add-path)::")
_FILES = {
    "set-output": ("GITHUB_OUTPUT", "NAME=VALUE"),
    "save-state": ("GITHUB_STATE", "NAME=VALUE"),
    "set-env": ("GITHUB_ENV", "NAME=VALUE"),
    "add-path": ("GITHUB_PATH", "the folder"),
}


def check(file: Source) -> Iterator[Problem]:
    """Reports each such command at its place in the script."""
    for _, step in file.steps:
        if step.run is None:
            continue
        for found in _COMMAND.finditer(step.run.source):
            command = found[1] or found[2]
            variable, what = _FILES[command]
            yield META.problem(
                file.span_of(step.run, found.start(), found.end()),
                f"The workflow command '{command}' is deprecated",
                f"Append {what} to the file that ${variable} names.",
            )
