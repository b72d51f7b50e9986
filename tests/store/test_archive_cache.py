"""One index, two doors: what either has saved, the other restores."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from agentmesh.ports.archives import Found, Missed, Place
from agentmesh.ports.cache import CacheScope
from agentmesh.store import dialect, entries, index
from agentmesh.store.archive_cache import ArchiveCache, layer_version
from agentmesh.store.cache import FileCache, Limits
from agentmesh.store.care import CacheCare
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="octo/app", write="refs/heads/main", read=("refs/heads/main",))
PATHS = ("deps", "~/.m2")


class Machine:
    """A job's folders."""

    def __init__(self, root: Path) -> None:
        self.workspace = root / "app/app"
        self.home = root / "home"
        self.workspace.mkdir(parents=True)
        self.home.mkdir()
        folders = str(self.workspace), str(self.home)
        self.place = Place(workspace=folders[0], home=folders[1], roots=folders)
        self.where = folders

    def fill(self) -> None:
        (self.workspace / "deps").mkdir()
        (self.workspace / "deps/a").write_bytes(b"hello")
        (self.workspace / "deps/a").chmod(0o755)
        os.link(self.workspace / "deps/a", self.workspace / "deps/b")
        os.symlink("a", self.workspace / "deps/l")
        (self.home / ".m2").mkdir()
        (self.home / ".m2/x").write_bytes(b"x" * 3_000_000)

    def shown(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for folder in (self.workspace, self.home):
            for path in sorted(folder.rglob("*")):
                name = str(path.relative_to(folder.parent))
                if path.is_symlink():
                    found[name] = os.readlink(path)
                elif path.is_file():
                    found[name] = (path.stat().st_mode & 0o777, path.read_bytes())
        return found


@pytest.fixture
def one(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "one")


@pytest.fixture
def two(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "two/deeper")


def client_archive(machine: Machine) -> bytes:
    """What the client's tar makes of the paths."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.add(machine.workspace / "deps", "deps")
        archive.add(machine.home / ".m2", os.path.relpath(machine.home / ".m2", machine.workspace))
    return ZstdCompressor().compress(out.getvalue())


def save(cache: ArchiveCache, key: str, version: str, data: bytes, place: Place) -> int | str:
    upload = cache.reserve(SCOPE, key, version)
    assert not isinstance(upload, str), upload
    upload.write("all", [data])
    upload.arrange(("all",))
    return cache.finish(upload, len(data), place)


def bring(found: Found | Missed, machine: Machine) -> None:
    """Unpack as the client does."""
    assert isinstance(found, Found), found
    from zstandard import ZstdDecompressor

    with open(found.content.file, "rb") as file:
        plain = ZstdDecompressor().stream_reader(file).read()
    assert found.content.size > 0
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        # as an attribute, since Python 3.11.2 knows no argument of this name
        archive.extraction_filter = lambda member, _: member
        archive.extractall(machine.workspace)


ZSTD_VERSION = dialect.versions(PATHS)[dialect.ZSTD]


def test_what_was_saved_as_files_is_found_as_an_archive(
    layout: Layout, one: Machine, two: Machine
) -> None:
    one.fill()
    assert FileCache(layout).save_now(SCOPE, "k", PATHS, *one.where).saved
    bring(ArchiveCache(layout).find(SCOPE, ("k",), ZSTD_VERSION, two.place), two)
    assert two.shown() == one.shown()


def test_what_a_client_saved_is_restored_as_files(
    layout: Layout, one: Machine, two: Machine
) -> None:
    one.fill()
    assert save(ArchiveCache(layout), "k", ZSTD_VERSION, client_archive(one), one.place) == 1
    restored = FileCache(layout).restore_now(SCOPE, ("nearest", "k"), PATHS, *two.where)
    assert (restored.hit, restored.key, restored.files_written) == ("prefix", "k", 4)
    assert two.shown() == one.shown()
    (entry,) = CacheCare(layout).listed()
    paths = {item.path for item in CacheCare(layout).items(entry)}
    assert paths == {"deps", "deps/a", "deps/b", "deps/l", ".m2", ".m2/x"}
    assert CacheCare(layout).verify() == (1, [])


def test_a_key_that_one_door_has_taken_is_taken_at_the_other(layout: Layout, one: Machine) -> None:
    one.fill()
    files, archives = FileCache(layout), ArchiveCache(layout)
    assert files.save_now(SCOPE, "native", PATHS, *one.where).saved
    assert "exists already" in str(archives.reserve(SCOPE, "native", ZSTD_VERSION))
    upload = archives.reserve(SCOPE, "client", ZSTD_VERSION)
    assert "being saved" in files.save_now(SCOPE, "client", PATHS, *one.where).reason
    assert not isinstance(upload, str)
    upload.discard()
    assert files.save_now(SCOPE, "client", PATHS, *one.where).saved


def test_the_newest_is_found_whichever_door_it_came_in_by(layout: Layout, one: Machine) -> None:
    one.fill()
    now = [1000.0]
    files = FileCache(layout, clock=lambda: now[0])
    archives = ArchiveCache(layout, clock=lambda: now[0])
    assert files.save_now(SCOPE, "k-1", PATHS, *one.where).saved
    now[0] += 1
    save(archives, "k-2", ZSTD_VERSION, client_archive(one), one.place)
    for keys in (("k-3", "k-"),):
        assert files.restore_now(SCOPE, keys, PATHS, *one.where).key == "k-2"
        found = archives.find(SCOPE, keys, ZSTD_VERSION, one.place)
        assert isinstance(found, Found)
        assert found.key == "k-2"
        os.close(found.content.file)


def test_other_paths_are_another_cache(layout: Layout, one: Machine) -> None:
    one.fill()
    FileCache(layout).save_now(SCOPE, "k", PATHS, *one.where)
    other = dialect.versions(("deps",))[dialect.ZSTD]
    missed = ArchiveCache(layout).find(SCOPE, ("k",), other, one.place)
    assert isinstance(missed, Missed)
    assert "saved for other paths" in missed.reason
    save(ArchiveCache(layout), "j", ZSTD_VERSION, client_archive(one), one.place)
    restored = FileCache(layout).restore_now(SCOPE, ("j",), ("deps",), *one.where)
    assert restored.hit == "none"
    assert "those of a client" in restored.reason


def test_what_leads_out_of_the_job_is_not_saved_and_the_key_stays_free(
    layout: Layout, one: Machine
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../../../../../etc/cron.d/evil"))
    data = ZstdCompressor().compress(out.getvalue())
    archives = ArchiveCache(layout)
    assert "nothing to write" in str(save(archives, "k", ZSTD_VERSION, data, one.place))
    assert isinstance(archives.find(SCOPE, ("k",), ZSTD_VERSION, one.place), Missed)
    assert not isinstance(archives.reserve(SCOPE, "k", ZSTD_VERSION), str)


def test_layers_of_images_are_kept_unseen_and_handed_out_to_their_client_alone(
    layout: Layout, one: Machine
) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("usr/bin/sudo")
        member.mode = 0o4755
        archive.addfile(member)
    data = ZstdCompressor().compress(out.getvalue())
    archives = ArchiveCache(layout)
    assert save(archives, "buildkit-blob-1", layer_version(), data, one.place) == 1
    assert "set-id" in str(save(archives, "other", ZSTD_VERSION, data, one.place))
    found = archives.find(SCOPE, ("buildkit-blob-1",), layer_version(), one.place)
    assert isinstance(found, Found)
    with open(found.content.file, "rb") as file:
        assert file.read() == data
    (entry,) = CacheCare(layout).listed()
    assert CacheCare(layout).items(entry) == []


def test_a_damaged_archive_is_a_miss_and_leaves_the_target_alone(
    layout: Layout, one: Machine, two: Machine
) -> None:
    one.fill()
    save(ArchiveCache(layout), "k", ZSTD_VERSION, client_archive(one), one.place)
    (stored,) = Path(layout.objects).rglob("*.*")
    data = bytearray(stored.read_bytes())
    data[len(data) // 2] ^= 1
    stored.write_bytes(data)
    restored = FileCache(layout).restore_now(SCOPE, ("k",), PATHS, *two.where)
    assert restored.hit == "none"
    assert "damaged" in restored.reason
    assert two.shown() == {}
    assert CacheCare(layout).listed() == []


def test_archives_count_against_the_limit(layout: Layout, one: Machine) -> None:
    now = [1000.0]
    archives = ArchiveCache(layout, Limits(bytes=250), clock=lambda: now[0])
    for number in range(4):
        now[0] += 1
        save(archives, f"k{number}", "v", os.urandom(100), one.place)
    with index.opened(layout) as connection:
        assert [entry.key for entry in entries.listed(connection)] == ["k3", "k2"]
    assert len(list(Path(layout.objects).rglob("*.*"))) == 2


def test_equal_archives_are_kept_once(layout: Layout, one: Machine) -> None:
    archives = ArchiveCache(layout)
    for number in range(3):
        save(archives, f"k{number}", "v", b"same" * 1000, one.place)
    assert len(list(Path(layout.objects).rglob("*.*"))) == 1
    assert CacheCare(layout).prune(prefix="k0", everything=True).entries == 1
    found = archives.find(SCOPE, ("k1",), "v", one.place)
    assert isinstance(found, Found)
    os.close(found.content.file)
