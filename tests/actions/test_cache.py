"""``actions/cache``."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.actions import cache
from agentmesh.core.errors import AgentmeshError, WorkflowError


def saved(bench: Any, key: str = "deps-1", **given: str) -> None:
    (bench.home / ".deps").mkdir(exist_ok=True)
    (bench.home / ".deps/lib").write_text(key)
    done = bench.use(cache, path="~/.deps", key=key, **given)
    bench.finish(cache, done, path="~/.deps", key=key, **given)


def test_a_miss_leaves_the_output_empty(bench: Any) -> None:
    done = bench.use(cache, path="~/.deps", key="deps-1", restore_keys="deps-\n")
    assert done.outputs == {
        "cache-hit": "",
        "cache-primary-key": "deps-1",
        "cache-matched-key": "",
    }
    assert "Cache not found for input keys: deps-1, deps-" in done.ctx.log


def test_what_was_saved_comes_back(bench: Any) -> None:
    saved(bench)
    (bench.home / ".deps/lib").unlink()
    done = bench.use(cache, path="~/.deps", key="deps-1")
    assert done.outputs["cache-hit"] == "true"
    assert (bench.home / ".deps/lib").read_text() == "deps-1"
    assert "not saving cache" in bench.finish(cache, done).log


def test_a_restore_key_is_no_hit_and_the_new_key_is_saved(bench: Any) -> None:
    saved(bench)
    done = bench.use(cache, path="~/.deps", key="deps-2", restore_keys="x-\n deps-\n")
    assert done.outputs == {
        "cache-hit": "false",
        "cache-primary-key": "deps-2",
        "cache-matched-key": "deps-1",
    }
    bench.finish(cache, done)
    assert bench.use(cache, path="~/.deps", key="deps-2").outputs["cache-hit"] == "true"


def test_lookup_only_writes_nothing(bench: Any) -> None:
    saved(bench)
    (bench.home / ".deps/lib").unlink()
    done = bench.use(cache, path="~/.deps", key="deps-1", lookup_only="true")
    assert done.outputs["cache-hit"] == "true"
    assert not (bench.home / ".deps/lib").exists()


def test_a_miss_fails_when_asked_to(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="Failed to restore cache entry"):
        bench.use(cache, path="~/.deps", key="deps-1", fail_on_cache_miss="true")


@pytest.mark.parametrize(("always", "kept"), [("false", ""), ("true", "true")])
def test_a_failed_job_saves_only_when_asked_to(bench: Any, always: str, kept: str) -> None:
    (bench.home / ".deps").write_text("x")
    done = bench.use(cache, path="~/.deps", key="deps-1")
    done.ctx.job_status = "failure"
    bench.finish(cache, done, save_always=always)
    assert bench.use(cache, path="~/.deps", key="deps-1").outputs["cache-hit"] == kept


def test_key_and_path_are_required(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="Input required and not supplied: key"):
        bench.use(cache, path="x")
    with pytest.raises(AgentmeshError, match="Input required and not supplied: path"):
        bench.use(cache, key="x")


def test_a_key_that_is_not_allowed_warns_and_does_not_fail_the_job(bench: Any) -> None:
    (bench.home / ".deps").write_text("x")
    done = bench.use(cache, path="~/.deps", key="a,b")
    (warning,) = bench.finish(cache, done).warnings()
    assert "was not saved" in warning


def test_a_path_that_leads_outside_is_refused(bench: Any) -> None:
    with pytest.raises(WorkflowError, match="leads outside"):
        bench.use(cache, path="../x", key="k")


def test_a_branch_reads_the_default_branch_and_not_its_siblings(bench: Any) -> None:
    bench.github["event"] = {"repository": {"default_branch": "main"}}
    saved(bench, "on-main")
    bench.github["ref"] = "refs/heads/one"
    assert bench.use(cache, path="~/.deps", key="on-main").outputs["cache-hit"] == "true"
    saved(bench, "on-one")
    bench.github["ref"] = "refs/heads/two"
    assert bench.use(cache, path="~/.deps", key="on-one").outputs["cache-hit"] == ""
