"""Concurrency groups across runs: of all that share a group's name, one is at work at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agentmesh.core.errors import AgentmeshError


class Superseded(AgentmeshError):
    """Somebody newer waits in our place, so that we need not run any more."""


class Groups(Protocol):
    """Lets runs of one repository take turns ("Control the concurrency of workflows and jobs")."""

    def turn(
        self, name: str, *, cancel_others: bool, keep_queue: bool, ask_to_end: Callable[[], None]
    ) -> AbstractAsyncContextManager[None]:
        """Wait for our turn, and keep it for the length of a ``with`` block.

        ``name`` ignores case. ``cancel_others`` asks whoever is at work to end, ``keep_queue`` lets
        others that wait stay in line. ``ask_to_end`` is called when somebody newer asks us to end.
        Raises Superseded while waiting.
        """
        ...
