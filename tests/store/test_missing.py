"""Why a key has missed: the likeliest reason, and what it was chosen from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.ports.cache import CacheScope
from agentmesh.store import index, patterns
from agentmesh.store.cache import FileCache, Limits
from agentmesh.store.entries import reserve
from agentmesh.store.layout import Layout
from agentmesh.store.missing import Missing, ago, explain

NOW = 2_000_000.0
SCOPE = CacheScope(repository="acme/app", write="topic", read=("topic", "main"))


@pytest.fixture
def save(layout: Layout, tmp_path: Path) -> Callable[..., None]:
    def save(key: str, scope: str = "main", path: str = "x", now: float = NOW) -> None:
        (tmp_path / path).write_text(key * 60)
        cache = FileCache(layout, Limits(bytes=1000, days=7), lambda: now)
        where = CacheScope(repository="acme/app", write=scope, read=(scope,))
        assert cache.save_now(where, key, (path,), str(tmp_path), "/h").saved

    return save


def why(layout: Layout, key: str, path: str = "x") -> Missing:
    version = patterns.version(patterns.parse((path,), "/w", "/h"))
    with index.opened(layout) as connection:
        return explain(connection, SCOPE, key, version, NOW)


def test_nothing_is_there_yet(layout: Layout) -> None:
    assert why(layout, "k") == Missing("no such key; nothing is cached for acme/app yet")


def test_the_part_of_the_key_that_has_changed_is_named(
    layout: Layout, save: Callable[..., None]
) -> None:
    save("pip-" + "a" * 64)
    found = why(layout, "pip-" + "b" * 64)
    assert "the hash differs" in found.reason
    assert [(near.key, near.changes[0].kind) for near in found.nearest] == [
        ("pip-" + "a" * 64, "hash")
    ]


def test_other_paths_and_other_scopes_are_told(layout: Layout, save: Callable[..., None]) -> None:
    save("k", path="y")
    save("q", scope="secret")
    paths, scopes = why(layout, "k"), why(layout, "q")
    assert "other paths: y" in paths.reason
    assert [near.paths for near in paths.other_paths] == [("y",)]
    assert "scope secret, which is not read here" in scopes.reason
    assert [near.scope for near in scopes.other_scopes] == ["secret"]


def test_who_evicted_it_and_when_is_told(layout: Layout, save: Callable[..., None]) -> None:
    save("old" * 3, now=NOW - 7300)
    save("new" * 3, now=NOW - 7200)
    found = why(layout, "old" * 3)
    assert found.reason.endswith("2 hours ago: evicted for size, to make room for 'newnewnew'")
    assert [(each.scope, each.at) for each in found.gone] == [("main", NOW - 7200)]


def test_a_key_that_is_being_saved_is_told(layout: Layout) -> None:
    with index.opened(layout) as connection:
        assert not isinstance(reserve(connection, SCOPE, "k", "v", "x", NOW), str)
    assert why(layout, "k").reason == "the key is being saved at this moment"


def test_entries_that_may_be_read_come_first(layout: Layout, save: Callable[..., None]) -> None:
    save("k-2", scope="secret")
    save("other")
    assert [near.readable for near in why(layout, "k-1").nearest] == [True, False]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 seconds"), (1, "1 seconds"), (150, "2 minutes"), (7200, "2 hours"), (2e5, "2 days")],
)
def test_times_are_told_in_whole_units(seconds: float, text: str) -> None:
    assert ago(seconds) == text
