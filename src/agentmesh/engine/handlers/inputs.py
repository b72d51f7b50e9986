"""Inputs of an action: what the step gives, filled up with the action's defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agentmesh.lang.expr import template
from agentmesh.lang.expr.values import to_string

if TYPE_CHECKING:
    from agentmesh.engine.step import Resolved, StepRun
    from agentmesh.lang.model import Tree


def evaluate(run: StepRun, resolved: Resolved) -> dict[str, str]:
    """Names as the action declares them (or as given, where it does not) → texts.

    Raises ExpressionError. Inputs that the action does not declare are warned of, as they are
    usually a misspelling, and passed on.
    """
    given = run.render_map(run.step.with_)
    declared = tuple(_declared(resolved))
    by_name = {name.lower(): value for name, value in given.items()}
    run.enter(resolved.place)
    inputs: dict[str, str] = {}
    for name, default, _ in declared:
        if name.lower() in by_name:
            inputs[name] = by_name.pop(name.lower())
        elif default is not None:
            inputs[name] = to_string(template.render(default, run.scope))
        else:
            inputs[name] = ""
    unknown = [name for name in given if name.lower() in by_name]
    if unknown and declared:
        names = ", ".join(f"'{n}'" for n in unknown)
        valid = ", ".join(f"'{n}'" for n, _, _ in declared)
        run.annotate("warning", f"Unexpected input(s) {names}, valid inputs are [{valid}]", {})
    for name in unknown:
        inputs[name] = given[name]
    return inputs


def _declared(resolved: Resolved) -> Iterable[tuple[str, Tree, bool]]:
    if resolved.builtin is not None:
        from agentmesh.lang.model import Text

        for item in resolved.builtin.META.inputs:
            yield item.name, Text(item.default) if item.default else None, item.required
    elif resolved.file is not None:
        for declared in resolved.file.inputs:
            yield declared.name, declared.default, declared.required
