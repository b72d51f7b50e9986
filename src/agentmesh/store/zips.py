"""Zip archives of the published artifact client: judged, read and made.

Called by artifacts.py and archive_artifacts.py. An artifact is plain files below one folder, so all
that a zip may hold beyond that is refused.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import msgspec

from agentmesh.store import blobs, tree
from agentmesh.store.tars import FREE_BYTES, MOST_BYTES, MOST_FILES, RATIO, Hostile, Pieces

_CHUNK = 1 << 20
_ENCRYPTED = 0x1


class Survey(msgspec.Struct, frozen=True):
    """What an archive holds: files, their bytes, and all names, which are yet to be judged."""

    files: int
    size: int
    names: tuple[str, ...]


def judge(file: BinaryIO, size: int) -> Survey:
    """What an archive of ``size`` bytes holds. Raises Hostile."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise Hostile(f"it is no zip archive: {error}") from error
    if len(members) > MOST_FILES:
        raise Hostile(f"it holds more than {MOST_FILES:,} files")
    unpacked = sum(member.file_size for member in members)
    if unpacked > min(MOST_BYTES, max(FREE_BYTES, RATIO * size)):
        raise Hostile("it unpacks to more bytes than an archive of its size may")
    seen: set[str] = set()
    for member in members:
        _look(member)
        if member.filename in seen:
            raise Hostile(f"{member.filename!r} is in it twice")
        seen.add(member.filename)
    names = tuple(name.rstrip("/") for name in seen)
    return Survey(sum(not member.is_dir() for member in members), unpacked, names)


def _look(member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Hostile(f"{member.filename!r} is no file and no folder")
    if member.flag_bits & _ENCRYPTED:
        raise Hostile(f"{member.filename!r} is encrypted")
    if "\\" in member.filename:
        raise Hostile(f"{member.filename!r} holds a backslash")


def items(
    reader: blobs.Reader, digest: bytes
) -> Iterator[tuple[tree.Item, Callable[[], Iterator[bytes]]]]:
    """The files of an archive in the store, compared with its digest first. Raises Damaged."""
    place = reader.places((digest,)).get(digest)
    for _ in reader.chunks(digest, place):
        pass
    assert place is not None
    try:
        with open(reader.path(place), "rb") as file, zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                name = member.filename.rstrip("/")
                if member.is_dir():
                    yield tree.Item(tree.FOLDER, "w", name, 0o755, _mtime(member)), _nothing
                    continue
                item = tree.Item(tree.FILE, "w", name, 0o644, _mtime(member), member.file_size)
                yield item, _chunks(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise blobs.Damaged(digest, str(error)) from error


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with archive.open(member) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    return read


def _nothing() -> Iterator[bytes]:
    return iter(())


def _mtime(member: zipfile.ZipInfo) -> int:
    import time

    try:
        return int(time.mktime((*member.date_time, 0, 0, -1))) * 1_000_000_000
    except (OverflowError, ValueError):
        return 0


def render(
    listed: Iterable[tuple[tree.Item, Callable[[], Iterator[bytes]]]], out: BinaryIO
) -> None:
    """Write an archive of some files; they are not compressed, as it goes to this machine."""
    import time

    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for item, read in listed:
            moment = max(315_619_200, item.mtime // 1_000_000_000)  # a zip begins in 1980
            info = zipfile.ZipInfo(item.path, time.localtime(moment)[:6])
            info.external_attr = (stat.S_IFREG | (item.mode or 0o644)) << 16
            info.file_size = item.size
            with archive.open(info, "w", force_zip64=item.size > 1 << 30) as target:
                pieces = Pieces(read())
                while chunk := pieces.read(_CHUNK):
                    target.write(chunk)
    out.flush()
    out.seek(0, os.SEEK_END)
