"""A shell that the runner does not know, or that its machine does not have.

`bash`, `sh`, `pwsh`, `python`, and on Windows `cmd` and `powershell`, are known by name; any other
shell is a command in which `{0}` stands for the script's file. The step fails otherwise.

Bad:

```yaml
- run: echo $PATH
  shell: zsh
```

Good:

```yaml
- run: echo $PATH
  shell: zsh {0}
```

Remedy: write a name that is known, or the whole command with `{0}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.data.runners import SHELLS
from agentmesh.lang.model import Job, Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.names import close
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source
from agentmesh.lang.shell import labels

META = Rule(
    id="shell-name",
    severity="warning",
    summary="A shell that the runner does not know, or that its machine does not have.",
    words=("shell",),
)

_WINDOWS_ONLY = ("cmd", "powershell")
_OTHERS = ("ubuntu-", "macos-")


def check(file: Source) -> Iterator[Problem]:
    """Looks at the shells of steps and of defaults."""
    places: list[tuple[Text, Job | None]] = []
    if file.workflow is not None and file.workflow.defaults.shell is not None:
        places.append((file.workflow.defaults.shell, None))
    places += [(job.defaults.shell, job) for job in file.jobs if job.defaults.shell is not None]
    places += [(step.shell, job) for job, step in file.steps if step.shell is not None]
    for shell, job in places:
        message, remedy = _wrong(shell.source, job)
        if message:
            yield META.problem(file.span_at(shell), message, remedy)


def _wrong(shell: str, job: Job | None) -> tuple[str, str]:
    if OPEN in shell or "{0}" in shell:
        return "", ""
    if shell.lower() not in SHELLS:
        # zsh, fish and the like are other shells, not slips of the pen.
        hint = "" if shell.endswith("sh") else close(shell, SHELLS)
        remedy = hint or f"Write {shell} {{0}}, or one of {', '.join(SHELLS)}."
        return f"Invalid shell option '{shell}': it is no known name, and has no '{{0}}'", remedy
    if shell.lower() in _WINDOWS_ONLY and job is not None and _elsewhere(job):
        return f"The shell '{shell}' is there on Windows only", "Use pwsh, which is everywhere."
    return "", ""


def _elsewhere(job: Job) -> bool:
    found = labels(job.runs_on)
    return bool(found) and all(label.startswith(_OTHERS) for label in found)
