"""Container actions. They need an executor with containers, which is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentmesh.core.errors import SetupError

if TYPE_CHECKING:
    from agentmesh.engine.step import Resolved, Result, StepRun


async def work(run: StepRun, resolved: Resolved) -> Result:
    """Refuse, loudly: nothing is skipped in silence."""
    uses = run.step.uses.source if run.step.uses is not None else ""
    raise SetupError(
        f"{uses!r} runs in a container, and container actions cannot be run yet",
        remedy="replace it by a script, a composite or a JavaScript action",
    )
