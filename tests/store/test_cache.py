"""The cache: GitHub's rules, and nothing lost or mixed up whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.cache import CacheScope, Restored, Saved
from agentmesh.store import blobs, holders, index
from agentmesh.store.cache import FileCache, Limits, check_keys
from agentmesh.store.layout import Layout


class Job:
    """A fresh workspace and home, and the cache as a step sees it."""

    def __init__(self, cache: FileCache, folder: Path, repository: str = "acme/app") -> None:
        self.cache = cache
        self.workspace = folder / "work"
        self.home = folder / "home"
        self.repository = repository
        self.workspace.mkdir(parents=True)
        self.home.mkdir()

    def write(self, name: str, text: str = "text", mode: int = 0o644) -> Path:
        path = self.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def save(self, key: str, *paths: str, ref: str = "main") -> Saved:
        scope = CacheScope(repository=self.repository, write=ref, read=(ref,))
        return self.cache.save_now(scope, key, paths or ("d",), str(self.workspace), str(self.home))

    def restore(
        self, *keys: str, paths: tuple[str, ...] = ("d",), refs: tuple[str, ...] = ("main",)
    ) -> Restored:
        scope = CacheScope(repository=self.repository, write=refs[0], read=refs)
        return self.cache.restore_now(scope, keys, paths, str(self.workspace), str(self.home))


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def job(layout: Layout, tmp_path: Path, clock: Clock) -> Callable[..., Job]:
    """Begin another job on the same store."""
    cache = FileCache(layout, Limits(bytes=10_000, days=7), clock)
    numbers = iter(range(100))
    return lambda **kw: Job(cache, tmp_path / f"job{next(numbers)}", **kw)


def tree_of(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Names, modes, times and contents below a folder."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.lstat().st_mtime_ns,
            os.readlink(path).encode()
            if path.is_symlink()
            else b""
            if path.is_dir()
            else path.read_bytes(),
        )
        for path in folder.rglob("*")
    }


def test_a_tree_comes_back_as_it_was(job: Callable[..., Job]) -> None:
    one, other = job(), job()
    one.write("d/run.sh", "#!/bin/sh", 0o755)
    one.write("d/deep/er/file", "x" * 100_000, 0o600)
    one.write("d/large", os.urandom(1_000_000).hex())
    (one.workspace / "d" / "empty").mkdir()
    (one.workspace / "d" / "link").symlink_to("deep/er")
    (one.workspace / "d" / "broken").symlink_to("/no/such")
    saved = one.save("k")
    assert saved.saved, saved.reason
    assert saved.files == 5
    restored = other.restore("k")
    assert (restored.hit, restored.key, restored.files_written) == ("exact", "k", 5)
    assert tree_of(other.workspace) == tree_of(one.workspace)


def test_only_what_differs_is_written(job: Callable[..., Job]) -> None:
    one = job()
    for n in range(10):
        one.write(f"d/{n}", f"content {n}")
    one.save("k")
    assert one.restore("k").files_written == 0
    one.write("d/3", "changed")
    (one.workspace / "d" / "4").unlink()
    one.write("d/mine", "stays")
    before = (one.workspace / "d" / "5").stat()
    (one.workspace / "d" / "5").write_text("CONTENT 5")  # the same size and time, but another text
    os.utime(one.workspace / "d" / "5", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert one.restore("k").files_written == 3
    assert (one.workspace / "d" / "3").read_text() == "content 3"
    assert (one.workspace / "d" / "5").read_text() == "content 5"
    assert (one.workspace / "d" / "mine").read_text() == "stays"


def test_an_entry_never_changes(job: Callable[..., Job]) -> None:
    one = job()
    one.write("d/x", "first")
    assert one.save("k").saved
    one.write("d/x", "second")
    again = one.save("k")
    assert not again.saved
    assert "exists already" in again.reason
    one.restore("k")
    assert (one.workspace / "d" / "x").read_text() == "first"


def test_keys_count_exactly_then_as_prefixes_the_newest_first(job: Callable[..., Job]) -> None:
    one = job()
    for key in ("npm-a-1", "npm-a-2", "npm-b-1", "npm%", "npmX"):
        one.write("d/x", key)
        assert one.save(key).saved
    looked = [
        one.restore("npm-a-1"),
        one.restore("npm-a"),
        one.restore("no", "npm-a", "npm-b"),
        one.restore("npm-a-3", "npm-b", "npm"),
        one.restore("npm%"),
        one.restore("n_m"),
    ]
    assert [(r.hit, r.key) for r in looked] == [
        ("exact", "npm-a-1"),
        ("prefix", "npm-a-2"),
        ("prefix", "npm-a-2"),
        ("prefix", "npm-b-1"),
        ("exact", "npm%"),
        ("none", ""),
    ]


def test_scopes_are_looked_through_in_order(job: Callable[..., Job]) -> None:
    one = job()
    for ref, text in (("main", "of main"), ("feature", "of feature")):
        one.write("d/x", text)
        assert one.save("k-1", ref=ref).saved
    assert one.restore("k-1", refs=("feature", "main")).hit == "exact"
    assert (one.workspace / "d" / "x").read_text() == "of feature"
    assert one.restore("k-1", refs=("other", "main")).hit == "exact"
    assert (one.workspace / "d" / "x").read_text() == "of main"
    assert one.restore("k", refs=("feature", "main")).hit == "prefix"
    assert (one.workspace / "d" / "x").read_text() == "of feature"


def test_repositories_do_not_see_each_other(job: Callable[..., Job]) -> None:
    one, other = job(), job(repository="evil/app")
    one.write("d/x")
    one.save("k")
    assert other.restore("k").hit == "none"


def test_every_miss_says_why(job: Callable[..., Job], clock: Clock) -> None:
    one = job()
    assert "nothing is cached" in one.restore("k").reason
    one.write("d/x")
    one.save("key-1")
    assert "nearest is 'key-1'" in one.restore("key-2", "z").reason
    assert "other paths: d" in one.restore("key-1", paths=("e",)).reason
    assert "scope main" in one.restore("key-1", refs=("topic",)).reason
    clock.now += 8 * 86400
    one.save("another")
    assert "not used for too long" in one.restore("key-1").reason


def test_looking_up_writes_nothing(job: Callable[..., Job]) -> None:
    one, other = job(), job()
    one.write("d/x")
    one.save("k")
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    places = {"workspace": str(other.workspace), "home": str(other.home)}
    found = asyncio.run(other.cache.restore(scope, ("k",), ("d",), **places, lookup_only=True))
    assert (found.hit, found.files_written) == ("exact", 0)
    assert os.listdir(other.workspace) == []


def test_homes_and_workspaces_of_other_jobs_are_found_again(job: Callable[..., Job]) -> None:
    one, other = job(), job()
    for place in (one.home / ".cache" / "pip", one.workspace / "lib"):
        place.mkdir(parents=True)
        (place / "x").write_text(str(place.name))
    assert one.save("k", "~/.cache/pip", str(one.workspace / "lib")).saved
    assert other.restore("k", paths=(str(other.home / ".cache/pip"), "lib")).hit == "exact"
    assert (other.home / ".cache" / "pip" / "x").read_text() == "pip"
    assert (other.workspace / "lib" / "x").read_text() == "lib"


def test_a_path_outside_of_both_is_restored_to_its_place(
    job: Callable[..., Job], tmp_path: Path
) -> None:
    one = job()
    real = tmp_path / "real"
    (real / "tool").mkdir(parents=True)
    (real / "tool" / "x").write_text("x")
    (tmp_path / "alias").symlink_to(real)  # the user's own link on the way is followed
    path = str(tmp_path / "alias" / "tool")
    assert one.save("k", path).saved
    shutil.rmtree(real / "tool")
    assert one.restore("k", paths=(path,)).hit == "exact"
    assert (real / "tool" / "x").read_text() == "x"
    assert (tmp_path / "alias").is_symlink()


def test_a_link_in_the_target_is_replaced_never_followed(
    job: Callable[..., Job], tmp_path: Path
) -> None:
    one, other = job(), job()
    one.write("d/e/x", "cached")
    one.save("k")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("precious")
    (other.workspace / "d").mkdir()
    (other.workspace / "d" / "e").symlink_to(outside)
    other.restore("k")
    assert (outside / "x").read_text() == "precious"
    assert (other.workspace / "d" / "e" / "x").read_text() == "cached"


@pytest.mark.parametrize(
    "keys", [(), ("",), (" ",), ("a,b",), ("x" * 513,), ("a\nb",), tuple("abcdefghijk")]
)
def test_keys_that_are_not_allowed_are_refused(keys: tuple[str, ...]) -> None:
    with pytest.raises(WorkflowError) as caught:
        check_keys(keys)
    assert caught.value.remedy
    check_keys(("x" * 512, *"abcdefghi"))


def test_nothing_to_save_is_no_entry(job: Callable[..., Job]) -> None:
    one = job()
    saved = one.save("k")
    assert not saved.saved
    assert "nothing is there: d" in saved.reason
    one.write("d/x")
    assert one.save("k").saved


def test_a_reservation_of_a_dead_process_is_free_and_a_living_one_is_not(
    job: Callable[..., Job], layout: Layout
) -> None:
    from agentmesh.store import entries, patterns

    one = job()
    one.write("d/x")
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    version = patterns.version(patterns.parse(["d"], "/w", "/h"))
    with index.opened(layout) as connection:
        held = entries.reserve(connection, scope, "k", version, "d", one.cache._now())
        assert not isinstance(held, str)
        assert "being saved" in one.save("k").reason
        assert one.restore("k").hit == "none"
        connection.execute("UPDATE entry SET owner = '99999999+boot/1+x'")
    assert one.save("k").saved
    with index.opened(layout) as connection:
        entries.unreserve(connection, held)  # what is ready is not taken away
    assert one.restore("k").hit == "exact"


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_damaged_content_is_a_miss_that_leaves_the_target_alone(
    job: Callable[..., Job], layout: Layout, size: int
) -> None:
    one, other = job(), job()
    one.write("d/a", "good")
    one.write("d/b", os.urandom(size).hex())
    one.cache._limits = Limits()
    one.save("k")
    for path in (*Path(layout.packs).rglob("*"), *Path(layout.objects).rglob("*")):
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0xFF
            path.write_bytes(data)
    other.write("d/a", "mine")
    restored = other.restore("k")
    assert restored.hit == "none"
    assert "damaged" in restored.reason
    assert sorted(tree_of(other.workspace)) == ["d", "d/a"]
    assert (other.workspace / "d" / "a").read_text() == "mine"
    assert one.save("k").saved  # stored anew, not referring to what is damaged
    assert other.restore("k").hit == "exact"
    assert tree_of(other.workspace) == tree_of(one.workspace)


def test_the_longest_unused_go_when_there_is_too_much(
    job: Callable[..., Job], layout: Layout
) -> None:
    one = job()
    for n in range(4):
        one.write("d/x", os.urandom(1500).hex())
        assert one.save(f"k{n}").saved
        one.restore("k0")
    hits = {key: one.restore(key).hit for key in ("k0", "k1", "k2", "k3")}
    assert hits == {"k0": "exact", "k1": "none", "k2": "exact", "k3": "exact"}
    assert "evicted for size" in one.restore("k1").reason
    with index.opened(layout) as connection:
        holders.collect(layout, connection)
        packs = connection.execute("SELECT count(*) FROM pack").fetchone()[0]
    assert packs == 3


def test_a_store_that_fails_never_fails_a_job(job: Callable[..., Job], layout: Layout) -> None:
    one = job()
    one.write("d/x")
    os.makedirs(layout.root)
    Path(layout.index).write_bytes(b"no database, but long enough to be read as one" * 100)
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    places = {"workspace": str(one.workspace), "home": str(one.home)}
    restored = asyncio.run(one.cache.restore(scope, ("k",), ("d",), **places))
    saved = asyncio.run(one.cache.save(scope, "k", ("d",), **places))
    assert restored.hit == "none"
    assert not saved.saved
    assert "damaged" in restored.reason
    assert "damaged" in saved.reason
    with pytest.raises(SetupError):
        one.restore("k")


def test_an_exclusion_is_heeded_below_a_folder(job: Callable[..., Job]) -> None:
    one, other = job(), job()
    one.write("d/keep/x")
    one.write("d/tmp/x")
    assert one.save("k", "d", "!d/tmp").saved
    other.restore("k", paths=("d", "!d/tmp"))
    assert sorted(tree_of(other.workspace)) == ["d", "d/keep", "d/keep/x"]


def test_a_tampered_list_cannot_write_elsewhere(
    job: Callable[..., Job], layout: Layout, tmp_path: Path
) -> None:
    from agentmesh.store import tree

    one, other = job(), job()
    one.write("d/x")
    one.save("k")
    for path in ("../outside", "elsewhere", "d/../../outside"):
        item = tree.Item(tree.LINK, "w", path, target="x")
        with index.opened(layout) as connection, blobs.Ingest(layout, connection) as ingest:
            digest = ingest.add(tree.encode([item]))
            ingest.commit(lambda c, ids, d=digest: c.execute("UPDATE entry SET manifest = ?", (d,)))
        assert other.restore("k").hit == "none"
        assert os.listdir(other.workspace) == []
        one.save("k")
    assert not (tmp_path / "outside").exists()
