"""``re-actors/alls-green``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentmesh.actions import alls_green
from agentmesh.core.errors import AgentmeshError

JOBS = {"a": "success", "b": "failure", "c": "skipped", "d": "cancelled"}


def needs(*names: str) -> str:
    return json.dumps({name: {"result": JOBS[name], "outputs": {}} for name in names})


@pytest.mark.parametrize(
    ("names", "failures", "skips", "bad"),
    [
        ("a", "", "", ""),
        ("ab", "", "", "b"),
        ("ab", "b", "", ""),
        ("abc", '["b"]', "c", ""),
        ("ac", "", "", "c"),
        ("ac", "", '["c", "x"]', ""),
        ("ab", "", "b", "b"),
        ("ad", "", "d", "d"),
        ("abcd", "b, d", "c", ""),
    ],
)
def test_a_job_blocks_unless_it_may_fail_or_be_skipped(
    bench: Any, names: str, failures: str, skips: str, bad: str
) -> None:
    given = {"jobs": needs(*names), "allowed_failures": failures, "allowed_skips": skips}
    if bad:
        with pytest.raises(AgentmeshError, match=rf"failed: {bad}\n"):
            bench.use(alls_green, **given)
    else:
        done = bench.use(alls_green, **given)
        assert done.outputs == {"failure": "false", "result": "success", "success": "true"}
        assert "| a | success |" in done.ctx.summary


@pytest.mark.parametrize("jobs", ["", "{}", "[]", "null", "{", '{"a": 1}'])
def test_without_jobs_there_is_no_verdict(bench: Any, jobs: str) -> None:
    with pytest.raises(AgentmeshError, match="non-empty `needs` context"):
        bench.use(alls_green, jobs=jobs)
