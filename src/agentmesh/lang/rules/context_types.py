"""What chains of properties may be at a place of a file, for the rules about comparisons.

Called by those rules. Follows "Contexts reference" and "Events that trigger workflows" of GitHub's
documentation. Where a property may be missing, null is among its values.
"""

from __future__ import annotations

from agentmesh.lang.data.contexts import RESULTS, WORDS
from agentmesh.lang.events import DEFAULT_TYPES, TYPES
from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.expr.types import (
    ANY,
    BOOLEAN,
    NUMBER,
    OBJECT,
    STRING,
    Primitive,
    Resolve,
    Type,
    one_of,
)
from agentmesh.lang.model import Input, Job, Text, Trigger, Workflow
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.rules.source import Expression, Source

_WORD_TYPES = {name: one_of(*words) for name, words in WORDS.items()}
_OBJECTS = ("github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy")
_STRATEGY = {
    "job-index": NUMBER,
    "job-total": NUMBER,
    "max-parallel": NUMBER,
    "fail-fast": BOOLEAN,
}
_OF_OTHERS = ("repository_dispatch", "workflow_call", "workflow_run")
"""Events whose payload or name is not told by the file that listens to them."""


class Types:
    """What is known of a file, found once. ``at`` gives the types at a place."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._workflow = file.workflow
        self._events = _events(file.workflow)

    def at(self, expression: Expression) -> Resolve:
        """What chains may be in an expression."""
        job = expression.job
        return lambda chain: self._type(chain, job)

    def _type(self, chain: Chain, job: Job | None) -> Type:
        if not chain.keys:
            return OBJECT if chain.context in _OBJECTS else ANY
        if "*" in chain.keys or None in chain.keys:
            return ANY
        first = chain.key(0)
        words = _WORD_TYPES.get((chain.context, first))
        if words is not None:
            return words if len(chain.keys) == 1 else ANY
        match chain.context:
            case "github":
                return self._github(chain)
            case "steps":
                return _result(chain, ("outcome", "conclusion"), none=True)
            case "needs" | "jobs":
                return _result(chain, ("result",), none=False)
            case "strategy":
                return _STRATEGY.get(first, ANY)
            case "inputs":
                return _input(self._workflow, first) if len(chain.keys) == 1 else ANY
            case "matrix":
                return self._matrix(chain, job)
        return ANY

    def _github(self, chain: Chain) -> Type:
        if chain.key(0) == "event_name":
            return self._events
        if chain.key(0) != "event":
            return ANY
        if len(chain.keys) == 1:
            return OBJECT
        if chain.key(1) == "action" and len(chain.keys) == 2:
            return _action(self._workflow)
        if chain.key(1) == "inputs" and len(chain.keys) == 3:
            return _dispatched(self._workflow, chain.key(2))
        return ANY

    def _matrix(self, chain: Chain, job: Job | None) -> Type:
        if job is None or len(chain.keys) != 1:
            return ANY
        matrix = self._file.matrix(job)
        axis = matrix.get(chain.key(0))
        if axis is None or not axis.whole:
            return ANY
        # A key that an expression may add cannot be told from this one.
        if not matrix.whole:
            return ANY
        values: list[Primitive] = [] if axis.always else [None]
        for value in axis.values:
            if isinstance(value, Text):
                values.append(value.source)
            elif value is None or isinstance(value, (bool, int, float)):
                values.append(value)
            else:
                return ANY
        return one_of(*values)


def _result(chain: Chain, names: tuple[str, ...], *, none: bool) -> Type:
    """How a step or a job has ended; a step that has not run yet has no result."""
    if len(chain.keys) == 2 and chain.key(1) in names:
        return one_of(*RESULTS, *((None, "") if none else ()))
    return OBJECT if len(chain.keys) == 1 else ANY


def _events(workflow: Workflow | None) -> Type:
    """The names of events that start a workflow; a called one sees its caller's."""
    if workflow is None or not workflow.on or workflow.trigger("workflow_call") is not None:
        return STRING
    return one_of(*(trigger.event for trigger in workflow.on))


def _action(workflow: Workflow | None) -> Type:
    """The activity types that may start a workflow."""
    if workflow is None or not workflow.on:
        return ANY
    values: list[Primitive] = []
    for trigger in workflow.on:
        if trigger.event in _OF_OTHERS or trigger.event not in TYPES:
            return ANY
        values += _types(trigger) or (None,)
    return one_of(*values)


def _types(trigger: Trigger) -> tuple[str, ...]:
    if trigger.types is not None:
        return () if any(OPEN in each for each in trigger.types) else trigger.types
    return DEFAULT_TYPES.get(trigger.event, TYPES[trigger.event])


def _input(workflow: Workflow | None, name: str) -> Type:
    """An input by its declarations; null where the workflow was started by another event."""
    if workflow is None:
        return ANY  # the inputs of an action are texts, whatever they are called
    inputs = [each for trigger in workflow.on for each in trigger.inputs]
    found = [each for each in inputs if each.name.lower() == name]
    if len({each.type for each in found}) != 1:
        return ANY
    if found[0].type == "boolean":
        return one_of(True, False, None)
    if found[0].type == "choice" and len(found) == 1:
        return one_of(*found[0].options, "", None)
    return ANY


def _dispatched(workflow: Workflow | None, name: str) -> Type:
    """An input in the payload of a dispatch, where all values are texts."""
    if workflow is None or workflow.trigger("workflow_call") is not None:
        return ANY
    trigger = workflow.trigger("workflow_dispatch")
    inputs: tuple[Input, ...] = trigger.inputs if trigger is not None else ()
    found = next((each for each in inputs if each.name.lower() == name), None)
    if found is not None and found.type == "boolean":
        return one_of("true", "false", "", None)
    return ANY
