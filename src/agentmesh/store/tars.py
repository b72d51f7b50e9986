"""Tar archives of the published cache client: judged, read and made as streams.

Called by archive_cache.py and cache.py. The client archives what its paths name relative to the
workspace, so ``..`` and absolute names are ordinary in them: ``~/.cache`` is ``../../home/.cache``.
They are judged by where they lead: each must lie below one of the places the job may write to, and
never behind a link that the same archive makes, as the client's tar follows those.
"""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Protocol

import msgspec

from agentmesh.ports.archives import Place
from agentmesh.store import tree
from agentmesh.store.dialect import GZIP, ZSTD
from agentmesh.store.patterns import HOME, ROOT, WORKSPACE

MOST_BYTES = 64 << 30
"""Unpacked bytes that an archive may have."""
FREE_BYTES = 4 << 30
"""So many of them are not looked at twice: a sparse file packs very well."""
RATIO = 200
"""Beyond those: unpacked bytes for each packed one."""
MOST_FILES = 1_000_000
MOST_PATH = 4096
MOST_DEPTH = 128
_WINDOW = 128 << 20
_CHUNK = 1 << 20
_SPOOLED = 8 << 20
_MAGIC = {b"\x28\xb5\x2f\xfd": ZSTD, b"\x1f\x8b": GZIP}
_TAR_MAGIC = b"ustar"


class Hostile(ValueError):
    """An archive that must not be unpacked, and why."""


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


class Writable(Protocol):
    """Where a stream of bytes goes."""

    def write(self, data: bytes, /) -> int: ...


class Limited:
    """A decompressed stream with an end to what it may give."""

    def __init__(self, file: Readable, packed: int) -> None:
        self._file = file
        self._left = min(MOST_BYTES, max(FREE_BYTES, RATIO * packed))

    def read(self, size: int = -1, /) -> bytes:
        """As of a file. Raises Hostile at the limit."""
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise Hostile("it unpacks to more bytes than an archive of its size may")
        return data


def form_of(head: bytes) -> str:
    """What compressed stream begins so; empty for none that is known."""
    return next((form for magic, form in _MAGIC.items() if head.startswith(magic)), "")


def is_known(form: str) -> bool:
    """Whether a form is an archive that can be read here."""
    return form in _MAGIC.values()


@contextmanager
def unpacked(file: Readable, form: str, packed: int) -> Iterator[Readable]:
    """The bytes within a compressed stream of ``packed`` bytes. Reading raises Hostile for what
    is broken or too much."""
    if form == GZIP:
        import gzip

        with gzip.GzipFile(fileobj=file, mode="rb") as plain:  # type: ignore[call-overload]
            yield Limited(plain, packed)
        return
    from zstandard import ZstdDecompressor

    reader = ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
        file,  # type: ignore[arg-type] # it reads, and does nothing else
        read_across_frames=True,
        closefd=False,
    )
    with reader as plain:
        yield Limited(plain, packed)


@contextmanager
def opened(file: Readable, form: str, packed: int) -> Iterator[tarfile.TarFile]:
    """An archive for reading once, front to back. Raises Hostile for one that cannot be read."""
    from zlib import error as zlib_error

    from zstandard import ZstdError

    try:
        with (
            unpacked(file, form, packed) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,  # type: ignore[call-overload]
        ):
            yield archive
    except (tarfile.TarError, ZstdError, zlib_error, EOFError) as error:
        raise Hostile(f"it cannot be read: {error}") from error
    except OSError as error:
        if error.errno is None:  # gzip reports what is broken so
            raise Hostile(f"it cannot be read: {error}") from error
        raise


def is_tar(file: Readable, form: str, packed: int) -> bool:
    """Whether a compressed stream holds a tar archive."""
    from zlib import error as zlib_error

    from zstandard import ZstdError

    try:
        with unpacked(file, form, packed) as plain:
            head = plain.read(512)
    except (ZstdError, zlib_error, EOFError, OSError):
        return False
    return head[257:262] == _TAR_MAGIC


class Survey(msgspec.Struct, frozen=True):
    """What an archive holds: files and links, bytes, and whether some links are hard."""

    files: int
    size: int
    linked: bool = False


def judge(archive: tarfile.TarFile, place: Place) -> Survey:
    """Look at every member. Raises Hostile for the first that must not be unpacked."""
    judged = _Judge(place)
    for member in archive:
        judged.look(member)
        archive.members.clear()  # type: ignore[attr-defined] # or each would be kept in memory
    return Survey(judged.files, judged.size, judged.linked)


class _Judge:
    """Decides about members one after the other."""

    def __init__(self, place: Place) -> None:
        self.files = 0
        self.size = 0
        self.linked = False
        self._workspace = place.workspace
        self._roots = tuple(root.rstrip("/") for root in place.roots if root.strip("/"))
        self._links: set[str] = set()
        self._written: set[str] = set()
        self._seen = 0

    def look(self, member: tarfile.TarInfo) -> None:
        """Raises Hostile."""
        self._seen += 1
        if self._seen > MOST_FILES:
            raise Hostile(f"it holds more than {MOST_FILES:,} files")
        path = self._destination(member.name)
        if member.mode & 0o6000 and member.isreg():
            raise Hostile(f"{member.name!r} has a set-id bit")
        if member.issym():
            self._links.add(path)
        elif member.islnk():
            if self._destination(member.linkname) not in self._written:
                raise Hostile(f"{member.name!r} is a hard link to what the archive does not hold")
            self._written.add(path)
            self.linked = True
        elif member.isreg() or member.issparse():
            self._written.add(path)
            self._links.discard(path)  # a file takes the place of a link, it does not go through
            self.size += member.size
        elif not member.isdir():
            raise Hostile(f"{member.name!r} is no file, folder or link")
        self.files += not member.isdir()

    def _destination(self, name: str) -> str:
        if len(name) > MOST_PATH or name.count("/") > MOST_DEPTH:
            raise Hostile(f"the path {name[:60]!r}… is too long or too deep")
        if "\0" in name:
            raise Hostile("a path holds a null character")
        path = destination(name, self._workspace)
        if not any(path == root or path.startswith(root + "/") for root in self._roots):
            raise Hostile(f"{name!r} leads to {path}, where this job has nothing to write")
        above = posixpath.dirname(path)
        while len(above) > 1:
            if above in self._links:
                raise Hostile(f"{name!r} lies behind a link of the same archive")
            above = posixpath.dirname(above)
        return path


def destination(name: str, workspace: str) -> str:
    """Where a member goes, absolute; links on the way are not looked at."""
    return posixpath.normpath(posixpath.join(workspace, name))


def anchored(path: str, workspace: str, home: str) -> tuple[str, str]:
    """An absolute path by the anchor that it lies below (patterns.py)."""
    for anchor, folder in ((WORKSPACE, workspace), (HOME, home)):
        if folder and (path == folder or path.startswith(folder + "/")):
            return anchor, path[len(folder) + 1 :]
    return ROOT, path.lstrip("/")


Read = Callable[[], Iterator[bytes]]


def items(
    archive: tarfile.TarFile, workspace: str, home: str, wanted: frozenset[str] = frozenset()
) -> Iterator[tuple[tree.Item, Read]]:
    """The members as a tree's items, each with how to read it, before the next is asked for.

    ``wanted`` names files that hard links lead to (:func:`linked`); those are kept until the end.
    """
    kept: dict[str, SpooledTemporaryFile[bytes]] = {}
    sizes: dict[str, int] = {}
    try:
        for member in archive:
            path = destination(member.name, workspace)
            anchor, relative = anchored(path, workspace, home)
            mode, mtime = member.mode & 0o777, int(float(member.mtime) * 1e9)
            if member.isdir():
                yield tree.Item(tree.FOLDER, anchor, relative, mode, mtime), _nothing
            elif member.issym():
                yield (
                    tree.Item(tree.LINK, anchor, relative, mtime=mtime, target=member.linkname),
                    _nothing,
                )
            elif member.islnk():
                source = destination(member.linkname, workspace)
                item = tree.Item(tree.FILE, anchor, relative, mode, mtime, sizes.get(source, 0))
                yield item, _reread(kept.get(source), member.name)
            else:
                sizes[path] = member.size
                item = tree.Item(tree.FILE, anchor, relative, mode, mtime, member.size)
                stream = archive.extractfile(member)
                if path in wanted and stream is not None:
                    spool = kept[path] = SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115
                    for chunk in _chunks(stream):
                        spool.write(chunk)
                    yield item, _reread(spool, member.name)
                else:
                    yield item, _once(stream)
            archive.members.clear()  # type: ignore[attr-defined]
    finally:
        for spool in kept.values():
            spool.close()


def linked(archive: tarfile.TarFile, workspace: str) -> frozenset[str]:
    """Where the hard links of an archive lead to."""
    return frozenset(destination(m.linkname, workspace) for m in archive if m.islnk())


def _nothing() -> Iterator[bytes]:
    return iter(())


def _once(stream: object) -> Read:
    return lambda: _chunks(stream)


def _reread(spool: SpooledTemporaryFile[bytes] | None, name: str) -> Read:
    def read() -> Iterator[bytes]:
        if spool is None:
            raise tree.Unsafe(f"{name!r} is a hard link to what the archive does not hold")
        spool.seek(0)
        return _chunks(spool)

    return read


def _chunks(stream: object) -> Iterator[bytes]:
    if stream is not None:
        while chunk := stream.read(_CHUNK):  # type: ignore[attr-defined]
            yield chunk


def render(
    listed: Iterable[tuple[tree.Item, Read]], place: Place, form: str, out: BinaryIO
) -> None:
    """Write the archive that the client would have made of some items in a job's place."""
    user, group = os.getuid(), os.getgid()
    with (
        _packing(out, form) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,  # type: ignore[call-overload]
    ):
        for item, read in listed:
            info = tarfile.TarInfo(member_name(item, place))
            info.mtime, info.mode = item.mtime // 1_000_000_000, item.mode
            info.uid, info.gid = user, group
            if item.kind == tree.FOLDER:
                info.type = tarfile.DIRTYPE
                archive.addfile(info)
            elif item.kind == tree.LINK:
                info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, item.target
                archive.addfile(info)
            else:
                info.size = item.size
                archive.addfile(info, Pieces(read()))
            archive.members.clear()


def member_name(item: tree.Item, place: Place) -> str:
    """What the client calls an item: relative to the workspace, or absolute."""
    if item.anchor == ROOT:
        return "/" + item.path
    if item.anchor == HOME:
        return posixpath.relpath(posixpath.join(place.home, item.path), place.workspace)
    return item.path or "."


@contextmanager
def _packing(out: BinaryIO, form: str) -> Iterator[Writable]:
    if form == GZIP:
        import gzip

        with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as writer:
            yield writer
        return
    from zstandard import ZstdCompressor

    with ZstdCompressor(level=1, threads=-1).stream_writer(out, closefd=False) as writer:
        yield writer


class Pieces:
    """An iterator of bytes as a file for reading."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes, so many unless it is the end."""
        parts, have = [self._rest], len(self._rest)
        while size < 0 or have < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            have += len(chunk)
        data = b"".join(parts)
        cut = have if size < 0 else size
        self._rest = data[cut:]
        return data[:cut]
