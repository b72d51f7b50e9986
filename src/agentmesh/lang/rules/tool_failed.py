"""Another program that lint asks could not check a file.

`agentmesh lint` adds what `zizmor` says of workflows and what `shellcheck` says of their scripts,
where these programs are installed. One that ends in an error, takes too long or answers something
else than findings is reported, as its silence would look like praise.

Bad:

```text
.github/workflows/a.yml:1:1: warning: zizmor failed: it ended with exit code 101
```

Good:

```text
no problems in 1 file
```

Remedy: run the program on the file by itself to see what is wrong with it, update it, or lint
without it: `agentmesh lint --no-tools`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="tool-failed",
    severity="warning",
    summary="Another program that lint asks could not check a file.",
)


def check(file: Source) -> Iterator[Problem]:
    """Nothing: these findings are made where the programs are run."""
    del file
    yield from ()
