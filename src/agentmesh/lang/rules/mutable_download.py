"""A script is run as it comes from the network.

Whoever controls the address, or the branch that it names, decides what runs the next time, with
the job's token and secrets; nothing notices that it has changed.

Bad:

```yaml
- run: curl -sSf https://example.org/install.sh | sh
```

Good:

```yaml
- run: |
    curl -sSfO https://example.org/v1.2.3/install.sh
    echo "$DIGEST  install.sh" | sha256sum --check
    sh install.sh
  env:
    DIGEST: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
```

Remedy: load a fixed version to a file, compare its digest, then run it; or use a pinned action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="mutable-download",
    severity="info",
    summary="A script is run as it comes from the network.",
    words=("curl", "wget", "iwr", "Invoke-WebRequest", "Invoke-RestMethod", "irm"),
)

_PIPED = re.compile(
    r"\b(?:curl|wget)\b[^\n|;&]*(?:\\\n[^\n|;&]*)*\|\s*(?:\\\n\s*)?(?:sudo\s+(?:-\w+\s+)*)?"
    r"(?:env\s+(?:\w+=\S+\s+)*)?(?:ba|z|da|k)?sh\b"
    r"|\b(?:ba|z|da|k)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b[^\n)`]*"
    r"|\b(?:curl|wget)\b[^\n|;&]*\|\s*(?:sudo\s+)?(?:python[\d.]*|node|perl|ruby)\b"
    r"|\b(?:iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b[^\n|;]*\|\s*(?:iex|Invoke-Expression)\b"
)
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


def check(file: Source) -> Iterator[Problem]:
    """Reports each such command, unless its address names a whole commit."""
    for _, step in file.steps:
        if step.run is None:
            continue
        for found in _PIPED.finditer(step.run.source):
            if not _COMMIT.search(found[0]):
                yield META.problem(
                    file.span_of(step.run, found.start(), found.end()),
                    "What this address holds when the job runs is run unseen",
                    "Load a fixed version, compare its digest, then run it.",
                )
