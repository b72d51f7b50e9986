"""Actions that only tell a service."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import notices


@pytest.mark.parametrize("name", notices.META.names)
def test_each_says_what_it_did_not_do(bench: Any, name: str) -> None:
    done = bench.use(notices, f"{name.upper()}@v4")
    ((level, message),) = done.ctx.annotations
    assert level == "notice"
    assert message == f"{notices.WHAT[name]}: this run is local."
