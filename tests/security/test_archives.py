"""Hostile archives and trees: what an upload or a stored list may not do to a machine.

Each attack goes through the doors that a job can reach: the services' archives of caches and
artifacts, and the store's own lists of files. Refused means: nothing is kept, nothing is written,
and the key or name stays free.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from agentmesh.core.errors import WorkflowError
from agentmesh.ports.archives import Missed, Place
from agentmesh.ports.cache import CacheScope
from agentmesh.store import blobs, dialect, index, tars, tree, zips
from agentmesh.store.archive_artifacts import ArchiveArtifacts
from agentmesh.store.archive_cache import ArchiveCache
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.cache import FileCache
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="acme/app", write="main", read=("main",))
VERSION = dialect.versions(("d",))[dialect.ZSTD]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "store"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A job's folders."""
    workspace, home = tmp_path / "job" / "work", tmp_path / "job" / "home"
    workspace.mkdir(parents=True)
    home.mkdir()
    folders = str(workspace), str(home)
    return Place(workspace=folders[0], home=folders[1], roots=folders)


def member(
    name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644, size: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.size = kind, target, mode, size
    return info


def tar(*members: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info in members:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return ZstdCompressor().compress(out.getvalue())


def offer(layout: Layout, place: Place, data: bytes) -> int | str:
    """Upload an archive as a client does."""
    cache = ArchiveCache(layout)
    upload = cache.reserve(SCOPE, "k", VERSION)
    assert not isinstance(upload, str)
    upload.write("one", [data])
    upload.arrange(("one",))
    return cache.finish(upload, len(data), place)


def check_refused(layout: Layout, place: Place, data: bytes) -> None:
    outcome = offer(layout, place, data)
    assert isinstance(outcome, str), "it was let in"
    assert isinstance(ArchiveCache(layout).find(SCOPE, ("k",), VERSION, place), Missed)
    assert isinstance(offer(layout, place, tar(member("d/x"))), int), "the key was not free"


def test_parent_folders_in_names_are_refused(layout: Layout, place: Place) -> None:
    check_refused(layout, place, tar(member("../../outside")))


def test_parent_folders_behind_a_harmless_beginning_are_refused(
    layout: Layout, place: Place
) -> None:
    check_refused(layout, place, tar(member("d/../../../outside")))


def test_absolute_names_are_refused(layout: Layout, place: Place) -> None:
    check_refused(layout, place, tar(member("/etc/cron.d/x")))


def test_writing_through_a_symbolic_link_is_refused(layout: Layout, place: Place) -> None:
    check_refused(layout, place, tar(member("d", tarfile.SYMTYPE, "/etc"), member("d/passwd")))


def test_hard_links_to_files_of_the_machine_are_refused(layout: Layout, place: Place) -> None:
    check_refused(layout, place, tar(member("d/x", tarfile.LNKTYPE, "/etc/shadow")))


def test_hard_links_through_a_symbolic_link_are_refused(layout: Layout, place: Place) -> None:
    data = tar(member("d/l", tarfile.SYMTYPE, "/etc/shadow"), member("d/h", tarfile.LNKTYPE, "d/l"))
    check_refused(layout, place, data)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_are_refused(layout: Layout, place: Place, kind: bytes) -> None:
    check_refused(layout, place, tar(member("d/x", kind)))


@pytest.mark.parametrize("mode", [0o4755, 0o2755, 0o6755])
def test_set_id_bits_are_refused(layout: Layout, place: Place, mode: int) -> None:
    check_refused(layout, place, tar(member("d/x", mode=mode)))


def test_a_bomb_of_bytes_is_refused(
    layout: Layout, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tars, "FREE_BYTES", 1 << 20)
    check_refused(layout, place, tar(member("d/x", size=50 << 20)))


def test_a_bomb_of_files_is_refused(
    layout: Layout, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tars, "MOST_FILES", 100)
    check_refused(layout, place, tar(*(member(f"d/{n}") for n in range(101))))


def test_a_bomb_of_depth_is_refused(layout: Layout, place: Place) -> None:
    check_refused(layout, place, tar(member("d/" * 1000 + "x")))


def zipped(name: str, mode: int = 0o100644, data: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = mode << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return out.getvalue()


def upload(layout: Layout, name: str, data: bytes) -> object:
    archives = ArchiveArtifacts(layout)
    taken = archives.reserve("1", name, "application/zip", None)
    assert not isinstance(taken, str)
    taken.write("one", [data])
    taken.arrange(("one",))
    return archives.finish(taken, len(data), "")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a\\..\\x"])
def test_names_in_artifacts_that_lead_out_are_refused(layout: Layout, name: str) -> None:
    assert isinstance(upload(layout, "a", zipped(name)), str)
    assert FileArtifacts(layout).list_now("1") == ()


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFCHR | 0o666, stat.S_IFIFO | 0o666])
def test_links_and_devices_in_artifacts_are_refused(layout: Layout, mode: int) -> None:
    assert isinstance(upload(layout, "a", zipped("x", mode)), str)


def test_a_bomb_in_an_artifact_is_refused(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "FREE_BYTES", 1 << 20)
    assert isinstance(upload(layout, "a", zipped("x", data=bytes(50 << 20))), str)


@pytest.mark.parametrize("name", ["../x", "a/b", "a\0b", "a" * 256, "", "..", "a:b", "a\nb"])
def test_names_of_artifacts_that_lead_out_are_refused(
    layout: Layout, tmp_path: Path, name: str
) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(WorkflowError):
        FileArtifacts(layout).upload_now("1", name, (("x", str(tmp_path / "x")),))
    with pytest.raises(WorkflowError):
        ArchiveArtifacts(layout).reserve("1", name, "application/zip", None)


def test_names_of_artifacts_that_differ_in_case_alone_clash(layout: Layout, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    artifacts = FileArtifacts(layout)
    artifacts.upload_now("1", "Report", (("x", str(tmp_path / "x")),))
    with pytest.raises(WorkflowError, match="case alone"):
        artifacts.upload_now("1", "report", (("x", str(tmp_path / "x")),))


Tamper = Callable[[list[tree.Item]], list[tree.Item]]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda items: [*items, tree.Item(tree.LINK, "w", "../outside", target="x")],
        lambda items: [*items, tree.Item(tree.LINK, "w", "d/../../outside", target="x")],
        lambda items: [*items, tree.Item(tree.FOLDER, "w", "/outside", 0o777)],
        lambda items: [*items, tree.Item(tree.FOLDER, "r", "etc/outside", 0o777)],
        lambda items: [*items, tree.Item(tree.LINK, "h", "outside", target="x")],
        lambda items: [*items, tree.Item(tree.LINK, "w", "d/a\0b", target="x")],
        lambda items: [*items, tree.Item(tree.FOLDER, "w", "d/./x", 0o777)],
    ],
    ids=["above", "above later", "absolute", "root", "home", "null", "dot"],
)
def test_a_tampered_list_writes_nothing(
    layout: Layout, place: Place, tmp_path: Path, tamper: Tamper
) -> None:
    rewrite(layout, place, tamper)
    restored = FileCache(layout).restore_now(SCOPE, ("k",), ("d",), place.workspace, place.home)
    assert restored.hit == "none"
    assert restored.trouble
    assert os.listdir(place.workspace) == []
    assert not (tmp_path / "outside").exists()


def rewrite(layout: Layout, place: Place, tamper: Tamper) -> None:
    """Save an entry, empty the workspace, and let the entry's list say something else."""
    folder = Path(place.workspace, "d")
    folder.mkdir()
    (folder / "x").write_text("x")
    cache = FileCache(layout)
    assert cache.save_now(SCOPE, "k", ("d",), place.workspace, place.home).saved
    (folder / "x").unlink()
    folder.rmdir()
    with index.opened(layout) as connection:
        (digest,) = connection.execute("SELECT manifest FROM entry").fetchone()
        with blobs.Reader(layout, connection) as reader:
            items = tamper(tree.decode(reader.get(digest)))
        with blobs.Ingest(layout, connection) as ingest:
            new = ingest.add(tree.encode(items))
            ingest.commit(
                lambda c, ids: c.execute("UPDATE entry SET manifest = ?", (new,)) and None
            )


def test_a_link_in_a_list_is_not_followed_by_what_comes_after_it(
    layout: Layout, place: Place, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()

    def tamper(items: list[tree.Item]) -> list[tree.Item]:
        file = next(item for item in items if item.kind == tree.FILE)
        link = tree.Item(tree.LINK, "w", "d/l", target=str(outside))
        below = tree.Item(tree.FILE, "w", "d/l/x", 0o644, 1, file.size, file.digest)
        return [*items, link, below]

    rewrite(layout, place, tamper)
    FileCache(layout).restore_now(SCOPE, ("k",), ("d",), place.workspace, place.home)
    assert os.listdir(outside) == []


def test_set_id_bits_in_a_list_are_not_written(layout: Layout, place: Place) -> None:
    def tamper(items: list[tree.Item]) -> list[tree.Item]:
        file = next(item for item in items if item.kind == tree.FILE)
        return [tree.Item(tree.FILE, "w", "d/x", 0o6755, 1, file.size, file.digest)]

    rewrite(layout, place, tamper)
    FileCache(layout).restore_now(SCOPE, ("k",), ("d",), place.workspace, place.home)
    assert stat.S_IMODE(Path(place.workspace, "d", "x").stat().st_mode) == 0o755


def test_special_files_and_set_id_bits_of_a_workspace_are_not_saved(
    layout: Layout, place: Place
) -> None:
    folder = Path(place.workspace, "d")
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "x").write_text("x")
    (folder / "x").chmod(0o4755)
    saved = FileCache(layout).save_now(SCOPE, "k", ("d",), place.workspace, place.home)
    assert saved.saved
    assert "left out 1 special files" in saved.reason
    target = Path(place.workspace, "..", "target").resolve()
    target.mkdir()
    FileCache(layout).restore_now(SCOPE, ("k",), ("d",), str(target), place.home)
    assert os.listdir(target / "d") == ["x"]
    assert stat.S_IMODE((target / "d" / "x").stat().st_mode) == 0o755
