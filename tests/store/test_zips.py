"""Zip archives of artifacts: plain files below one folder, and nothing else."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from agentmesh.store import blobs, index, tree, zips
from agentmesh.store.layout import Layout
from agentmesh.store.tars import Hostile


def packed(*members: tuple[str, int], data: bytes = b"data") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, mode in members:
            info = zipfile.ZipInfo(name, (2024, 5, 6, 7, 8, 10))
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, b"" if name.endswith("/") else data)
    return out.getvalue()


def judged(data: bytes) -> zips.Survey:
    return zips.judge(io.BytesIO(data), len(data))


def test_files_and_folders_are_counted() -> None:
    survey = judged(packed(("a/", 0o40755), ("a/b", 0o100644), ("c", 0)))
    assert (survey.files, survey.size) == (2, 8)
    assert sorted(survey.names) == ["a", "a/b", "c"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (packed(("l", stat.S_IFLNK | 0o777)), "no file and no folder"),
        (packed(("d", stat.S_IFCHR | 0o666)), "no file and no folder"),
        (packed(("a\\b", 0)), "backslash"),
        (b"nothing of the kind", "no zip archive"),
        (b"", "no zip archive"),
    ],
)
def test_what_is_no_plain_file_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(Hostile, match=why):
        judged(data)


def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("a", 0), ("a", 0))
    with pytest.raises(Hostile, match="twice"):
        judged(data)


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(packed(("a", 0)))
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 8] |= 1
    with pytest.raises(Hostile, match="encrypted"):
        judged(bytes(data))


def test_bombs_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "FREE_BYTES", 1 << 20)
    monkeypatch.setattr(zips, "MOST_FILES", 2)
    with pytest.raises(Hostile, match="more bytes"):
        judged(packed(("a", 0), data=bytes(4 << 20)))
    with pytest.raises(Hostile, match="more than 2 files"):
        judged(packed(("a", 0), ("b", 0), ("c", 0)))


def test_what_was_stored_is_read_back_as_files(layout: Layout) -> None:
    data = packed(("a/", 0o40755), ("a/b", 0o100600))
    with index.opened(layout) as connection:
        with blobs.Ingest(layout, connection) as ingest:
            digest, _ = ingest.add_stream(io.BytesIO(data), plain=True)
            ingest.commit(lambda *_: None)
        with blobs.Reader(layout, connection) as reader:
            found = [
                (item.kind, item.path, item.mode, b"".join(read()))
                for item, read in zips.items(reader, digest)
            ]
            assert found == [("d", "a", 0o755, b""), ("f", "a/b", 0o644, b"data")]
            (stored,) = Path(layout.objects).rglob("*.*")
            stored.write_bytes(data[:-1] + b"!")
            with pytest.raises(blobs.Damaged):
                list(zips.items(reader, digest))


def test_files_are_rendered_with_their_times_and_modes() -> None:
    moment = 1_715_000_000 * 10**9
    items = [
        (tree.Item("f", "w", "a/b", 0o644, moment, 3), lambda: iter([b"a", b"bc"])),
        (tree.Item("f", "w", "old", 0o644, 0, 0), lambda: iter(())),
    ]
    out = io.BytesIO()
    zips.render(items, out)
    assert out.tell() == len(out.getvalue())
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        assert archive.read("a/b") == b"abc"
        assert archive.getinfo("a/b").date_time[0] == 2024
        assert archive.getinfo("old").date_time[0] == 1980
