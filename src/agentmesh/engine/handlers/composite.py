"""Composite actions: a list of steps in a frame of its own. Follows ``CompositeActionHandler``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentmesh.engine.handlers.inputs import evaluate
from agentmesh.engine.step import Frame, Resolved, Result
from agentmesh.lang.expr import template
from agentmesh.lang.expr.values import Value, to_string

if TYPE_CHECKING:
    from agentmesh.engine.step import StepRun


async def work(run: StepRun, resolved: Resolved, position: tuple[int, ...]) -> Result:
    """Run the action's steps, then evaluate its outputs."""
    file = resolved.file
    assert file is not None
    inputs: dict[str, Value] = dict(evaluate(run, resolved))
    outer = run.frame
    frame = Frame(
        inputs=inputs,
        place=resolved.place,
        env={**outer.env, **run.render_map(run.step.env)},
        depth=outer.depth + 1,
        path=file.path,
        composite=True,
        position=position,
    )
    await run.job.run_list(run.job, frame, file.steps, run.shown)
    scope = run.job.scope(frame, {**run.job.env, **frame.env}, run.github())
    for name, value in file.outputs:
        run.outputs[name] = to_string(template.render(value, scope))
    if frame.status == "failure":
        return Result(conclusion="failure", error=run.shown.first_error)
    return Result(conclusion="success")
