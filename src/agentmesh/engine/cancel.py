"""A wish that something ends: made in one place, heard in many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from agentmesh.core.errors import AgentmeshError


class CancelSource:
    """A :class:`~agentmesh.ports.job_runner.Cancellation` that can be set, and passed down.

    Setting it twice changes nothing, but that a later wish may be ``at_once``.
    """

    def __init__(self) -> None:
        self._reason: str | None = None
        self._at_once = False
        self._set = asyncio.Event()
        self._now = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    @property
    def reason(self) -> str | None:
        return self._reason

    @property
    def at_once(self) -> bool:
        return self._at_once

    async def wait(self) -> None:
        await self._set.wait()

    async def wait_at_once(self) -> None:
        await self._now.wait()

    def cancel(self, reason: str, *, at_once: bool = False) -> None:
        """Ask for the end. Listeners are called in the order in which they came."""
        changed = self._reason is None or (at_once and not self._at_once)
        if not changed:
            return
        self._reason = self._reason or reason
        self._at_once = self._at_once or at_once
        self._set.set()
        if self._at_once:
            self._now.set()
        for listener in tuple(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None], *, past: bool = True) -> Callable[[], None]:
        """Call ``listener`` at each change, and at once if there was one already and ``past``.

        Returns a function that ends the listening.
        """
        self._listeners.append(listener)
        if past and self._reason is not None:
            listener()

        def forget() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return forget


def _cancel(task: asyncio.Task[object]) -> None:
    task.cancel()


class Interrupted(AgentmeshError):
    """The wish to end came while we waited."""


@asynccontextmanager
async def unless(
    source: CancelSource, entered: AbstractAsyncContextManager[None]
) -> AsyncIterator[None]:
    """Enter a context that may take long to enter, unless ``source`` is set first.

    Raises Interrupted in that case. Once entered, a later wish is the business of the block.
    """
    task = asyncio.current_task()
    assert task is not None
    forget = source.listen(lambda: _cancel(task), past=False)
    try:
        if source.reason is not None:
            raise Interrupted(source.reason)
        await entered.__aenter__()
    except asyncio.CancelledError:
        if source.reason is None:
            raise
        task.uncancel()
        raise Interrupted(source.reason) from None
    finally:
        forget()
    try:
        yield
    except BaseException as error:
        if not await entered.__aexit__(type(error), error, error.__traceback__):
            raise
    else:
        await entered.__aexit__(None, None, None)
