"""An expression asks for an output that a step or a job does not have.

What a job hands on stands in its `outputs`, or in those of the workflow that it calls; what an
action hands on stands in its `action.yml`. Anything else is empty, without an error. The outputs of
a script are whatever it writes, so they are not looked at; those of an action in JavaScript may be
more than it declares, so only names close to a declared one are reported.

Bad:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {version: '1'}
    steps:
      - run: make
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ needs.one.outputs.versoin }}
```

Good:

```yaml
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {version: '1'}
    steps:
      - run: make
  two:
    needs: one
    runs-on: ubuntu-latest
    steps:
      - run: echo ${{ needs.one.outputs.version }}
```

Remedy: correct the name, or declare the output.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agentmesh.core.problem import Problem
from agentmesh.lang.model import ActionFile, Job, Map, Step, Text, Tree, Workflow
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.names import close, close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Source

META = Rule(
    id="unknown-output",
    severity="warning",
    summary="An expression asks for an output that a step or a job does not have.",
    words=("outputs",),
)


class _Outputs(msgspec.Struct, frozen=True):
    """Names of outputs. Where they may be more than is declared, only slips are told."""

    names: tuple[str, ...]
    closed: bool = True


def check(file: Source) -> Iterator[Problem]:
    """Compares the third property of steps, needs and jobs with what is declared."""
    known: dict[tuple[str, str, str], _Outputs | None] = {}
    steps: dict[tuple[str, str], Step] | None = None
    for context in ("steps", "needs", "jobs"):
        for expression, chain in file.chains(context):
            output = chain.key(2)
            if chain.key(1) != "outputs" or output in {"", "*"}:
                continue
            job = expression.job.id if expression.job and context == "steps" else ""
            asked = (context, job, chain.key(0))
            if asked not in known:
                steps = _steps(file) if steps is None else steps
                known[asked] = _of(file, steps, *asked)
            outputs = known[asked]
            if outputs is None or output in {name.lower() for name in outputs.names}:
                continue
            hint = close(output, outputs.names)
            if not hint and not outputs.closed:
                continue
            where = f"{context}.{chain.keys[0]}"
            yield META.problem(
                file.span_of_chain(expression, chain, 3),
                f"Context access might be invalid: {where} has no output '{chain.keys[2]}'",
                hint or close_or_listed(output, outputs.names, "outputs"),
            )


def _of(
    file: Source, steps: dict[tuple[str, str], Step], context: str, job: str, name: str
) -> _Outputs | None:
    """What the step or the job with a name hands on; None where that is not known."""
    if context == "steps":
        step = steps.get((job, name))
        return _of_step(file, step) if step is not None else None
    found = next((each for each in file.jobs if each.id.lower() == name), None)
    return _of_job(file, found) if found is not None else None


def _steps(file: Source) -> dict[tuple[str, str], Step]:
    """The steps with ids by their job and their id; an id that is there twice is an error."""
    return {
        (owner.id if owner else "", step.id.lower()): step for owner, step in file.steps if step.id
    }


def _of_step(file: Source, step: Step) -> _Outputs | None:
    action = file.actions.get(step.uses.source) if step.uses is not None else None
    return _of_action(action) if action is not None else None


def _of_action(action: ActionFile) -> _Outputs:
    return _Outputs(tuple(name for name, _ in action.outputs), closed=action.using == "composite")


def _of_job(file: Source, job: Job) -> _Outputs | None:
    if job.uses is None:
        return _declared(job.outputs)
    called = file.called.get(job.uses.source)
    if not isinstance(called, Workflow):
        return None
    trigger = called.trigger("workflow_call")
    return _declared(trigger.outputs) if trigger is not None else None


def _declared(tree: Tree) -> _Outputs | None:
    """The keys of a mapping, unless some of it is an expression."""
    if isinstance(tree, Text):
        return None
    if not isinstance(tree, Map):
        return _Outputs(())
    names = tuple(key.source for key, _ in tree)
    return None if any(OPEN in name for name in names) else _Outputs(names)
