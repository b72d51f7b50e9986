"""A wish to end, as those who hear it see it."""

from __future__ import annotations

import asyncio

from agentmesh.engine.cancel import CancelSource


def test_the_first_reason_stays_and_listeners_hear_once():
    async def scenario() -> None:
        source = CancelSource()
        heard: list[str | None] = []
        source.listen(lambda: heard.append(source.reason))
        assert source.reason is None
        source.cancel("fail-fast")
        source.cancel("interrupted")
        await source.wait()
        assert heard == ["fail-fast"]
        assert not source.at_once

    asyncio.run(scenario())


def test_a_second_wish_may_be_more_urgent():
    async def scenario() -> None:
        source = CancelSource()
        heard: list[bool] = []
        source.cancel("interrupted")
        source.listen(lambda: heard.append(source.at_once))
        source.cancel("interrupted", at_once=True)
        await source.wait_at_once()
        assert heard == [False, True]

    asyncio.run(scenario())


def test_listening_can_leave_out_the_past_and_can_end():
    async def scenario() -> None:
        source = CancelSource()
        heard: list[bool] = []
        source.cancel("interrupted")
        forget = source.listen(lambda: heard.append(True), past=False)
        assert heard == []
        forget()
        forget()
        source.cancel("interrupted", at_once=True)
        assert heard == []

    asyncio.run(scenario())
