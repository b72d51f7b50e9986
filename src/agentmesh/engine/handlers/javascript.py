"""JavaScript actions, on the node that is there. Follows ``NodeScriptActionHandler``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentmesh.core.errors import WorkflowError
from agentmesh.engine import runtime
from agentmesh.engine.handlers.inputs import evaluate
from agentmesh.engine.step import Resolved, Result
from agentmesh.ports.executor import Command

if TYPE_CHECKING:
    from agentmesh.engine.step import StepRun


async def work(run: StepRun, resolved: Resolved, script: str) -> Result:
    """Run one of an action's scripts (its pre, main or post)."""
    run.inputs = evaluate(run, resolved)
    path = os.path.normpath(os.path.join(resolved.directory, script))
    if not os.path.isfile(path):
        raise WorkflowError(
            f"File not found: '{path}'", remedy=f"the action's file names {script!r}; is it built?"
        )
    node = await run.job.session.node(run.job.machine.node)
    env = runtime.environment(run, "node")
    command = Command(argv=(node, run.job.session.inside(path)), env=env, cwd=run.directory)
    code = await run.execute(command)
    if code == 0:
        return Result(conclusion="success", exit_code=0)
    if not run.annotated_error and run.stopped is None:
        run.error(f"The action ended with exit code {code}.")
    return Result(
        conclusion="failure", exit_code=code, error=run.annotated_error or run.first_error
    )
