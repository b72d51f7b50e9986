"""An expression asks for a step that its job does not have, or that has not run yet.

The `steps` context holds the steps of the same job that have an `id` and have started before. All
else is null, which reads as the empty text and as false, without an error.

Bad:

```yaml
- id: version
  run: echo "number=1" >> "$GITHUB_OUTPUT"
- run: echo ${{ steps.versoin.outputs.number }}
```

Good:

```yaml
- id: version
  run: echo "number=1" >> "$GITHUB_OUTPUT"
- run: echo ${{ steps.version.outputs.number }}
```

Remedy: correct the id, or give the step one, or move the step in front of those that ask for it.
What another job's steps have made comes through its `outputs` and `needs`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agentmesh.core.problem import Problem
from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.model import Step
from agentmesh.lang.rules.names import close_or_listed
from agentmesh.lang.rules.rule import Rule
from agentmesh.lang.rules.source import Expression, Source

META = Rule(
    id="unknown-step",
    severity="warning",
    summary="An expression asks for a step that is not there, or has not run yet.",
    words=("steps.", "steps["),
)


class _Order(msgspec.Struct, frozen=True):
    """The steps of a job: those with an id by it in lower case, and the number of each by its
    place. Steps of a parallel block have the number of the block."""

    ids: dict[str, Step]
    numbers: dict[tuple[int, int], int]

    def before(self, step: Step, other: Step) -> bool:
        """Whether a step has started when the other one does, or starts beside it."""
        if step is other:
            return False
        one = self.numbers[step.line, step.column]
        return one <= self.numbers.get((other.line, other.column), one)


def check(file: Source) -> Iterator[Problem]:
    """Compares each id with those of the job, and with the place of the step."""
    orders: dict[str, _Order] = {}
    for expression, chain in file.chains("steps"):
        if chain.key(0) in {"", "*"}:
            continue
        name = expression.job.id if expression.job else ""
        if name not in orders:
            orders[name] = _order(_steps(file, expression))
        problem = _problem(file, expression, chain, orders[name])
        if problem is not None:
            yield problem


def _problem(file: Source, expression: Expression, chain: Chain, order: _Order) -> Problem | None:
    step = order.ids.get(chain.key(0))
    if step is None:
        return META.problem(
            file.span_of_chain(expression, chain, 1),
            f"Context access might be invalid: there is no step with the id '{chain.keys[0]}'",
            close_or_listed(chain.key(0), [step.id for step in order.ids.values()], "ids of steps"),
        )
    own = expression.step
    if own is None or order.before(step, own):
        return None
    which = "this step itself" if own is step else "a later step"
    return META.problem(
        file.span_of_chain(expression, chain, 1),
        f"'steps.{chain.keys[0]}' is {which}, so it is empty here",
        "Move that step in front of this one.",
    )


def _steps(file: Source, expression: Expression) -> tuple[Step, ...]:
    if expression.job is not None:
        return expression.job.steps
    return file.action.steps if file.action is not None else ()


def _order(steps: tuple[Step, ...]) -> _Order:
    order = _Order({}, {})
    for number, step in enumerate(steps):
        for each in (step, *step.parallel):
            order.numbers.setdefault((each.line, each.column), number)
            if each.id:
                order.ids.setdefault(each.id.lower(), each)
    return order
