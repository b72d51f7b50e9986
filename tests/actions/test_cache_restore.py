"""``actions/cache/restore``."""

from __future__ import annotations

from typing import Any

from agentmesh.actions import cache_restore, cache_save
from agentmesh.ports.action import no_post


def test_restores_and_never_saves(bench: Any) -> None:
    (bench.workspace / "out").write_text("x")
    bench.use(cache_save, path="out", key="k1")
    done = bench.use(cache_restore, path="out", key="k2", restore_keys="k")
    assert done.outputs["cache-matched-key"] == "k1"
    assert cache_restore.post is no_post
    assert not cache_restore.META.has_post
