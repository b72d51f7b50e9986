"""Archives of clients written as files: inside the paths asked for, or not at all."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from agentmesh.store import blobs, dialect, index, tree, unpack
from agentmesh.store.entries import Entry
from agentmesh.store.layout import Layout


def stored(layout: Layout, *members: tuple[tarfile.TarInfo, bytes]) -> Entry:
    """An archive in the store that nobody has judged."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    packed = ZstdCompressor().compress(out.getvalue())
    with index.opened(layout) as connection, blobs.Ingest(layout, connection) as ingest:
        digest, size = ingest.add_stream(io.BytesIO(packed), plain=True)
        ingest.commit(lambda *_: None)
    return Entry(
        1,
        "r",
        "s",
        "k",
        "v",
        "",
        digest,
        1,
        size,
        0.0,
        0.0,
        dialect.ZSTD,
        "/old/work\n/old/home\nlinked",
    )


def write(layout: Layout, entry: Entry, root: Path) -> tuple[int, int]:
    with index.opened(layout) as connection, blobs.Reader(layout, connection) as reader:
        return unpack.write(reader, entry, lambda item: (str(root), item.path))


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made, b""


def test_files_are_written_below_the_target(layout: Layout, tmp_path: Path) -> None:
    entry = stored(layout, (tarfile.TarInfo("d/a"), b"one"), link("d/b", "d/a", tarfile.LNKTYPE))
    assert write(layout, entry, tmp_path / "new") == (2, 6)
    assert (tmp_path / "new/d/b").read_bytes() == b"one"
    assert os.stat(tmp_path / "new/d/a").st_nlink == 1


def test_no_link_of_the_archive_is_followed(layout: Layout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    entry = stored(layout, link("d", str(outside)), (tarfile.TarInfo("d/x"), b"evil"))
    with pytest.raises(tree.Unsafe, match="behind a link"):
        write(layout, entry, tmp_path / "new")
    assert os.listdir(outside) == []
    assert os.listdir(tmp_path / "new") == []


def test_a_hard_link_to_what_is_not_there_writes_nothing(layout: Layout, tmp_path: Path) -> None:
    entry = stored(
        layout, (tarfile.TarInfo("a"), b"one"), link("h", "/etc/passwd", tarfile.LNKTYPE)
    )
    with pytest.raises(tree.Unsafe):
        write(layout, entry, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_set_id_bits_are_not_written(layout: Layout, tmp_path: Path) -> None:
    member = tarfile.TarInfo("a")
    member.mode = 0o6755
    write(layout, stored(layout, (member, b"x")), tmp_path / "new")
    assert os.stat(tmp_path / "new/a").st_mode & 0o7777 == 0o755


def test_names_are_by_the_anchors_of_where_the_archive_was_made(layout: Layout) -> None:
    entry = stored(
        layout,
        (tarfile.TarInfo("a"), b""),
        (tarfile.TarInfo("../home/b"), b""),
        (tarfile.TarInfo("/opt/c"), b""),
    )
    with index.opened(layout) as connection, blobs.Reader(layout, connection) as reader:
        found = [(item.anchor, item.path) for item in unpack.listed(reader, entry)]
    assert found == [("w", "a"), ("h", "b"), ("r", "opt/c")]
