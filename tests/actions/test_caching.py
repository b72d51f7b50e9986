"""Whose caches a job may read and write."""

from __future__ import annotations

from typing import Any

from agentmesh.actions import caching


def test_a_pull_request_reads_its_own_scope_then_the_base_then_the_default(bench: Any) -> None:
    bench.github |= {
        "ref": "refs/pull/7/merge",
        "base_ref": "release",
        "event": {"repository": {"default_branch": "trunk"}},
    }
    scope = caching.scope(bench.spec)
    assert scope.write == "refs/pull/7/merge"
    assert scope.read == ("refs/pull/7/merge", "refs/heads/release", "refs/heads/trunk")
    assert scope.repository == "octo/repo"


def test_without_a_payload_the_usual_default_branches_are_read(bench: Any) -> None:
    bench.github["ref"] = "refs/heads/feature"
    assert caching.scope(bench.spec).read[1:] == ("refs/heads/main", "refs/heads/master")


def test_sizes_and_keys_for_people() -> None:
    assert caching.megabytes(1_572_864) == "1.5 MB"
    assert caching.same_key("A-1", "a-1")
    assert not caching.same_key("A-1", "")
