"""What happens around a job's steps and has a log of its own: making containers ready, ending them.

Called by :mod:`agentmesh.engine.job`. GitHub's runner shows the same as steps called "Initialize
containers" and "Stop containers".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, TypeVar

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Logged, StepCompleted, StepStarted
from agentmesh.engine.step import StepFields

if TYPE_CHECKING:
    from agentmesh.core.result import Conclusion
    from agentmesh.engine.masking import Masker
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.clock import Clock
    from agentmesh.ports.event_sink import EventSink

T = TypeVar("T")
BEFORE, AFTER = "Initialize containers", "Stop containers"


class Around:
    """One such part of a job, shown as a step with this name and number."""

    def __init__(
        self,
        spec: JobSpec,
        masker: Masker,
        emit: EventSink,
        clock: Clock,
        *,
        name: str,
        number: int,
        phase: Literal["pre", "post"],
    ) -> None:
        self._spec = spec
        self._masker = masker
        self._emit = emit
        self._clock = clock
        self._name = name
        self._number = number
        self._phase: Literal["pre", "post"] = phase
        self._lines = 0

    async def perform(self, work: Callable[[Callable[[str], None]], Awaitable[T]]) -> T:
        """Do something that says what it does. What it raises is passed on."""
        begun = self._clock.monotonic()
        self._emit(StepStarted(**self._about(), phase=self._phase))
        conclusion: Conclusion = "cancelled"
        error = ""
        try:
            done = await work(self._say)
            conclusion = "success"
        except AgentmeshError as failure:
            conclusion, error = "failure", self._masker.mask_text(str(failure))
            self._say("\n".join("##[error]" + line for line in error.splitlines()))
            raise
        finally:
            self._emit(
                StepCompleted(
                    **self._about(),
                    conclusion=conclusion,
                    outcome=conclusion,
                    seconds=self._clock.monotonic() - begun,
                    error=error,
                    phase=self._phase,
                )
            )
        return done

    def _say(self, text: str) -> None:
        lines = self._masker.mask_text(text).splitlines()
        if lines:
            first = self._lines + 1
            self._lines += len(lines)
            self._emit(
                Logged(**self._about(), text="\n".join(lines), count=len(lines), first=first)
            )

    def _about(self) -> StepFields:
        spec = self._spec
        return {
            "time": self._clock.now(),
            "job": spec.name,
            "job_id": spec.id,
            "key": spec.key,
            "step": self._name,
            "number": self._number,
        }
