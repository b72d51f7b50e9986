"""Text that anybody may write goes into a file that sets up the steps that follow.

Each line of `$GITHUB_ENV` sets a variable, and each line of `$GITHUB_PATH` names a folder of
programs. A title cannot hold a line break, but a body can, and a variable such as `LD_PRELOAD` or
`BASH_ENV` makes the next step run something. A line break in what is written to `$GITHUB_OUTPUT`
sets other outputs.

Bad:

```yaml
- env:
    BODY: ${{ github.event.issue.body }}
  run: echo "BODY=$BODY" >> "$GITHUB_ENV"
```

Good:

```yaml
- env:
    BODY: ${{ github.event.issue.body }}
  run: ./answer "$BODY"
```

Remedy: give the value to the step that needs it in that step's `env`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.model import Job, Map, Step, Text, Tree
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.untrusted import untrusted

META = Rule(
    id="untrusted-environment-write",
    severity="warning",
    summary="Text that anybody may write sets variables, programs or outputs of later steps.",
    words=("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"),
)

_FILE = re.compile(r"(?:\$\{?|\$env:|%)(GITHUB_(?:ENV|PATH|OUTPUT))\b", re.IGNORECASE)
_WRITES = re.compile(
    r"(?:>\s*|\b(?:tee|Out-File|Add-Content)\b[^|;]*)[\"']?\Z",
    re.IGNORECASE,
)
_BEFORE = 200
"""Characters in front of a file's name in which the command that writes it is looked for."""
_VARIABLE = re.compile(r"\$\{?(?:env:)?(\w+)", re.ASCII)
_WHAT = {
    "GITHUB_ENV": "variables of the steps that follow",
    "GITHUB_PATH": "the programs of the steps that follow",
    "GITHUB_OUTPUT": "outputs of this step",
}


def check(file: Source) -> Iterator[Problem]:
    """Reports each line that writes such a value, be it there by an expression or a variable."""
    tainted = _tainted(file)
    if not tainted:
        return
    for job, step in file.steps:
        if step.run is None:
            continue
        names = _names(file, job, step, tainted)
        start = 0
        for line in step.run.source.splitlines(keepends=True):
            write = _write(line)
            source = _source(line, start, step.run, names, tainted) if write else ""
            if write is not None and source:
                target = write[1].upper()
                yield META.problem(
                    file.span_of(step.run, start + write.start(1), start + write.end(1)),
                    f"'{source}', which anybody may write, can set {_WHAT[target]}",
                    "Give the value to the step that needs it in that step's env.",
                )
            start += len(line)


def _write(line: str) -> re.Match[str] | None:
    """The first of the runner's files that a line writes."""
    for found in _FILE.finditer(line):
        if _WRITES.search(line, max(0, found.start() - _BEFORE), found.start()):
            return found
    return None


_Tainted = dict[tuple[int, int], list[tuple[int, str]]]
"""Place of a text → where the expressions in it start, and which value each of them passes on."""


def _tainted(file: Source) -> _Tainted:
    found: _Tainted = {}
    for each in file.expressions:
        source = untrusted(each.root)
        if source:
            text = each.value.text
            found.setdefault((text.line, text.column), []).append((each.start, source))
    return found


def _names(file: Source, job: Job | None, step: Step, tainted: _Tainted) -> dict[str, str]:
    """The variables that hold such values."""
    levels: tuple[Tree, ...] = (
        file.workflow.env if file.workflow else None,
        job.env if job else None,
        step.env,
    )
    names: dict[str, str] = {}
    for env in levels:
        for key, value in env if isinstance(env, Map) else ():
            held = tainted.get((value.line, value.column)) if isinstance(value, Text) else None
            names[key.source] = held[0][1] if held else ""
    return names


def _source(line: str, start: int, run: Text, names: dict[str, str], tainted: _Tainted) -> str:
    """The untrusted value that a line holds, or nothing."""
    for at, source in tainted.get((run.line, run.column), ()):
        if start <= at < start + len(line):
            return source
    used = (names.get(found[1], "") for found in _VARIABLE.finditer(line))
    return next(filter(None, used), "")
