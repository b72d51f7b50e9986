"""Looking after the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.ports.cache import CacheScope
from agentmesh.store import holders, index
from agentmesh.store.cache import FileCache, Limits
from agentmesh.store.care import CacheCare
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="acme/app", write="main", read=("main",))
NOW = 1_000_000.0


@pytest.fixture
def care(layout: Layout) -> CacheCare:
    return CacheCare(layout, Limits(bytes=1000, days=7), lambda: NOW)


@pytest.fixture
def save(layout: Layout, tmp_path: Path) -> Callable[..., None]:
    """Save a text under a key, some days ago."""

    def save(key: str, text: str, days: float = 0.0, repository: str = "acme/app") -> None:
        (tmp_path / "x").write_text(text)
        scope = CacheScope(repository=repository, write="main", read=("main",))
        cache = FileCache(layout, clock=lambda: NOW - days * 86400)
        assert cache.save_now(scope, key, ("x",), str(tmp_path), "/h").saved

    return save


def test_a_store_that_is_empty_has_nothing_to_look_after(care: CacheCare) -> None:
    assert care.listed() == []
    assert care.verify() == (0, [])
    assert care.usage() == []
    assert care.stored_bytes() == 0


def test_entries_are_listed_the_newest_first(care: CacheCare, save: Callable[..., None]) -> None:
    for days, key in ((2, "b"), (1, "c"), (3, "a")):
        save(key, key, days)
    save("other", "x", repository="else/where")
    assert [entry.key for entry in care.listed("acme/app")] == ["c", "b", "a"]
    assert len(care.listed()) == 4
    assert [item.path for item in care.items(care.listed()[0])] == ["x"]


def test_old_entries_are_pruned_and_their_space_is_free(
    care: CacheCare, save: Callable[..., None]
) -> None:
    save("old", "o" * 500, days=8)
    save("new", "n" * 500, days=6)
    pruned = care.prune()
    assert pruned.entries == 1
    assert pruned.bytes > 0
    assert [entry.key for entry in care.listed()] == ["new"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({"everything": True}, ["x"]),
        ({"everything": True, "prefix": "a-"}, ["b-1", "x"]),
        ({"days": 0.5}, ["b-1", "x"]),
    ],
)
def test_a_prune_takes_what_it_is_told(
    care: CacheCare, save: Callable[..., None], options: dict[str, object], left: list[str]
) -> None:
    save("a-1", "1", days=1)
    save("b-1", "2")
    save("x", "3", repository="else/where")
    care.prune("acme/app", **options)  # type: ignore[arg-type]
    assert sorted(entry.key for entry in care.listed()) == left


def test_what_is_over_the_size_limit_is_pruned(care: CacheCare, save: Callable[..., None]) -> None:
    for n in range(4):
        save(f"k{n}", f"{n}" * 400, days=4 - n)
    care.prune()
    assert [entry.key for entry in care.listed()] == ["k3", "k2"]


def test_damage_is_found_told_and_dropped(
    care: CacheCare, save: Callable[..., None], layout: Layout
) -> None:
    save("bad", "b" * 300)
    (pack,) = (path for path in Path(layout.packs).rglob("*") if path.is_file())
    save("good", "g" * 300)
    pack.write_bytes(b"rubbish")
    number, broken = care.verify()
    assert number == 2
    assert [each.entry.key for each in broken] == ["bad"]
    assert care.verify() == (1, [])


def test_content_that_is_gone_from_the_index_is_damage_too(
    care: CacheCare, save: Callable[..., None], layout: Layout
) -> None:
    save("k", "text")
    with index.opened(layout) as connection:
        manifest = care.listed()[0].manifest
        rest = holders.needed(connection, "entry", care.listed()[0].id) - {manifest}
        holders.forget(connection, rest)
    assert [each.entry.key for each in care.verify()[1]] == ["k"]


def test_use_is_counted(
    care: CacheCare, save: Callable[..., None], layout: Layout, tmp_path: Path
) -> None:
    save("k-1", "text")
    (tmp_path / "x").unlink()
    cache = FileCache(layout, clock=lambda: NOW)
    for key in ("k-1", "k", "no"):
        cache.restore_now(SCOPE, (key,), ("x",), str(tmp_path), "/h")
    (usage,) = care.usage()
    assert usage.hits == {"exact": 1, "prefix": 1, "none": 1}
    assert (usage.entries, usage.size, usage.bytes_restored) == (1, 4, 4)


def test_a_restore_is_explained_without_being_done(
    care: CacheCare, save: Callable[..., None], tmp_path: Path
) -> None:
    save("k-1", "text")
    (tmp_path / "x").unlink()
    found = care.explain(SCOPE, ("k",), ("x",), str(tmp_path), "/h")
    assert not isinstance(found, str)
    assert (found[0].key, found[1]) == ("k-1", "prefix")
    assert "nearest" in str(care.explain(SCOPE, ("z",), ("x",), str(tmp_path), "/h"))
    assert not (tmp_path / "x").exists()
