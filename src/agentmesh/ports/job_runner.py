"""Runs one job: here, or on a node of the mesh. The run coordinator knows no more than this."""

from __future__ import annotations

from typing import Protocol

import msgspec

from agentmesh.core.result import Conclusion
from agentmesh.plan.model import JobSpec
from agentmesh.ports.event_sink import EventSink


class JobResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a job ended; the same values stand in its ``job.completed`` event."""

    conclusion: Conclusion
    outputs: dict[str, str] = {}
    why: str = ""


class Cancellation(Protocol):
    """Whether somebody wants the job to end, and why."""

    @property
    def reason(self) -> str | None:
        """None while nobody does; ``fail-fast``, ``interrupted``, ``superseded``, ``time-out``…"""
        ...

    @property
    def at_once(self) -> bool:
        """True when even ``always()`` steps and graceful stops are not wanted any more."""
        ...

    async def wait(self) -> None:
        """Returns when :attr:`reason` is set, and again, at once, each time it is asked."""
        ...

    async def wait_at_once(self) -> None:
        """Returns when :attr:`at_once` is set."""
        ...


class JobRunner(Protocol):
    """Runs a job to its end, whatever happens, and says all there is to say in events.

    ``secrets`` maps names of the ``secrets`` context to values. The last event is the job's
    ``job.completed``; the result says the same. Events carry no ``run`` and no ``seq`` yet.
    """

    async def run(
        self,
        spec: JobSpec,
        secrets: dict[str, str],
        cancellation: Cancellation,
        emit: EventSink,
    ) -> JobResult: ...
