"""A reader of a run's events."""

from __future__ import annotations

from typing import Protocol

from agentmesh.core.events import Event


class EventSink(Protocol):
    """Takes each event of a run once, in order. Returns at once and never raises."""

    def __call__(self, event: Event, /) -> None: ...
