"""What every cache promises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.ports.cache import Cache, CacheScope, Restored, Saved


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work" / "d" / "sub").mkdir(parents=True)
    (tmp_path / "work" / "d" / "sub" / "x").write_text("text")
    (tmp_path / "work" / "d" / "run").write_text("#!/bin/sh")
    (tmp_path / "work" / "d" / "run").chmod(0o755)
    return tmp_path / "work"


def scope(*refs: str, repository: str = "acme/app") -> CacheScope:
    return CacheScope(repository=repository, write=refs[0], read=refs)


def save(cache: Cache, work: Path, key: str, *paths: str, of: CacheScope | None = None) -> Saved:
    places = {"workspace": str(work), "home": str(work / "home")}
    return asyncio.run(cache.save(of or scope("main"), key, paths or ("d",), **places))


def restore(
    cache: Cache,
    work: Path,
    *keys: str,
    paths: tuple[str, ...] = ("d",),
    of: CacheScope | None = None,
    lookup_only: bool = False,
) -> Restored:
    places = {"workspace": str(work), "home": str(work / "home")}
    asked = cache.restore(of or scope("main"), keys, paths, **places, lookup_only=lookup_only)
    return asyncio.run(asked)


def test_what_was_saved_comes_back(cache: Cache, work: Path, tmp_path: Path) -> None:
    saved = save(cache, work, "k")
    assert (saved.saved, saved.files) == (True, 2)
    other = tmp_path / "other"
    other.mkdir()
    restored = restore(cache, other, "k")
    assert (restored.hit, restored.key, restored.files_written) == ("exact", "k", 2)
    assert restored.bytes_written == len("text#!/bin/sh")
    assert (other / "d" / "sub" / "x").read_text() == "text"
    assert (other / "d" / "run").stat().st_mode & 0o777 == 0o755


def test_an_entry_never_changes(cache: Cache, work: Path) -> None:
    save(cache, work, "k")
    again = save(cache, work, "k")
    assert not again.saved
    assert again.reason


def test_prefixes_find_the_newest(cache: Cache, work: Path) -> None:
    for key in ("k-1", "k-2", "z"):
        save(cache, work, key)
    assert (restore(cache, work, "k").hit, restore(cache, work, "k").key) == ("prefix", "k-2")
    assert restore(cache, work, "no", "k-1").hit == "prefix"
    assert restore(cache, work, "k-1", "k-").key == "k-1"
    missed = restore(cache, work, "no", "nor")
    assert (missed.hit, missed.key) == ("none", "")
    assert missed.reason


def test_other_paths_are_other_entries(cache: Cache, work: Path) -> None:
    save(cache, work, "k")
    assert restore(cache, work, "k", paths=("d", "e")).hit == "none"


def test_scopes_and_repositories_are_kept_apart(cache: Cache, work: Path) -> None:
    save(cache, work, "k", of=scope("main"))
    assert restore(cache, work, "k", of=scope("topic")).hit == "none"
    assert restore(cache, work, "k", of=scope("topic", "main")).hit == "exact"
    assert restore(cache, work, "k", of=scope("main", repository="acme/other")).hit == "none"


def test_looking_up_brings_nothing(cache: Cache, work: Path, tmp_path: Path) -> None:
    save(cache, work, "k")
    other = tmp_path / "other"
    other.mkdir()
    found = restore(cache, other, "k", lookup_only=True)
    assert (found.hit, found.files_written) == ("exact", 0)
    assert list(other.iterdir()) == []


def test_nothing_to_save_is_no_entry(cache: Cache, work: Path) -> None:
    assert not save(cache, work, "k", "none").saved
    assert restore(cache, work, "k", paths=("none",)).hit == "none"


@pytest.mark.parametrize(
    ("key", "path"), [("a,b", "d"), ("", "d"), ("x" * 513, "d"), ("k", "../d")]
)
def test_what_is_not_allowed_is_refused(cache: Cache, work: Path, key: str, path: str) -> None:
    with pytest.raises(WorkflowError):
        save(cache, work, key, path)
