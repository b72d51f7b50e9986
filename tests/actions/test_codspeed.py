"""``CodSpeedHQ/action``."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import codspeed
from agentmesh.core.errors import AgentmeshError


def test_runs_the_benchmarks_and_says_that_nothing_was_uploaded(bench: Any) -> None:
    (bench.workspace / "sub").mkdir()
    done = bench.use(codspeed, run="pwd > ../where", working_directory="sub")
    assert (bench.workspace / "where").read_text().strip() == str(bench.workspace / "sub")
    assert "No benchmark results were uploaded" in done.ctx.annotations[0][1]


def test_their_failure_is_the_steps(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="exit code 3"):
        bench.use(codspeed, run="exit 3")
