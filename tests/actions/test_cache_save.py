"""``actions/cache/save``."""

from __future__ import annotations

from typing import Any

from agentmesh.actions import cache_restore, cache_save


def test_saves_at_once(bench: Any) -> None:
    (bench.workspace / "out").write_text("x")
    assert "Cache saved with key: k1" in bench.use(cache_save, path="out", key="k1").ctx.log
    (bench.workspace / "out").unlink()
    bench.use(cache_restore, path="out", key="k1")
    assert (bench.workspace / "out").read_text() == "x"


def test_an_existing_key_is_said_and_is_no_failure(bench: Any) -> None:
    (bench.workspace / "out").write_text("x")
    bench.use(cache_save, path="out", key="k1")
    assert "exists" in bench.use(cache_save, path="out", key="k1").ctx.log
