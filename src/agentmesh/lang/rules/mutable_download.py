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

_INTO_A_SHELL = re.compile(
    r"\|\s*(?:\\\n\s*)?(?:sudo\s+(?:-\w+\s+)*)?(?:env\s+(?:\w+=\S+\s+)*)?"
    r"(?:(?:ba|z|da|k)?sh|python[\d.]*|node|perl|ruby|iex|Invoke-Expression)\b"
)
_LOADS = re.compile(r"\b(?:curl|wget|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b")
_WITHIN = re.compile(
    r"\b(?:ba|z|da|k)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\(|`)\s*(?:curl|wget)\b[^\n)`]*"
)
_LONGEST = 2000
"""Characters of a command that are looked at; a longer one is no address."""

_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


def check(file: Source) -> Iterator[Problem]:
    """Reports each such command, unless its address names a whole commit."""
    for _, step in file.steps:
        if step.run is None:
            continue
        for start, end in _downloads(step.run.source):
            if not _COMMIT.search(step.run.source, start, end):
                yield META.problem(
                    file.span_of(step.run, start, end),
                    "What this address holds when the job runs is run unseen",
                    "Load a fixed version, compare its digest, then run it.",
                )


def _start(script: str, end: int) -> int:
    """Where the command starts that ends at a place."""
    first = max(0, end - _LONGEST)
    first = max(first, *(script.rfind(separator, first, end) + 1 for separator in "|;&"))
    line = script.rfind("\n", first, end)
    while line > first and script[line - 1] == "\\":
        line = script.rfind("\n", first, line)
    return max(first, line + 1)


def _downloads(script: str) -> Iterator[tuple[int, int]]:
    """Where each such command starts and ends."""
    for pipe in _INTO_A_SHELL.finditer(script):
        loads = _LOADS.search(script, _start(script, pipe.start()), pipe.start())
        if loads is not None:
            yield loads.start(), pipe.end()
    for within in _WITHIN.finditer(script):
        yield within.span()
