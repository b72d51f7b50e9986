"""Content of files, kept once whatever its name: objects by BLAKE3, packed and compressed.

Called by cache.py and artifacts.py, which keep lists of digests. Where bytes lie is in index.db:

- a *pack* holds zstd frames of about 1 MiB, each with many small files one after the other in the
  order they were met, so that ten thousand files cost one file to write and few reads to restore;
- an *object* is a pack of its own for one large file;
- a *plain* object is one that is not compressed again, as it is an archive already: it can be sent
  as it lies there.

Names of packs and objects are never used twice, so a prune that removes one cannot hit what another
process has just written. New content is invisible until :meth:`Ingest.commit`: written below
``tmp``, synced, renamed, then entered in one transaction. A kill at any instant leaves files that
nobody reads, and :func:`~agentmesh.store.holders.sweep` removes
them. Everything read is compared with its digest.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

import msgspec

from agentmesh.core.errors import SetupError
from agentmesh.store import alive, database
from agentmesh.store.layout import Layout, make

if TYPE_CHECKING:
    from zstandard import ZstdCompressionWriter, ZstdDecompressor

SMALL = 1 << 20
"""Files up to this size (bytes) go into packs; a frame is full when it holds so much."""

_PACK = 64 << 20
_CHUNK = 1 << 20
_FRAME_LIMIT = 4 * SMALL
_LEVEL = 3


class Damaged(SetupError):
    """What was stored cannot be read back. ``digest`` names it."""

    def __init__(self, digest: bytes, why: str) -> None:
        super().__init__(
            f"stored content {digest.hex()[:16]} is damaged: {why}",
            remedy="run `agentmesh cache verify`; check the disk",
        )
        self.digest = digest
        self.why = why


class Vanished(Exception):
    """Content that was there when a save began has been pruned meanwhile: save again."""


class Readable(Protocol):
    """A file that is open for reading."""

    def read(self, size: int, /) -> bytes | None: ...


class Place(msgspec.Struct, frozen=True):
    """Where content lies: a frame of a pack, and the offset in what the frame holds."""

    id: int
    size: int
    pack: str
    kind: str
    frame: int
    length: int
    inner: int


class Ingest:
    """New content on its way into the store. End it with :meth:`commit` or :meth:`close`."""

    def __init__(
        self, layout: Layout, connection: sqlite3.Connection, *, replacing: int | None = None
    ) -> None:
        """``replacing`` is the number of a pack whose content is taken anew, and moves."""
        from blake3 import blake3
        from zstandard import ZstdCompressor

        self._replacing = replacing

        self.stored = 0
        """Bytes written to the disk so far, after compression."""
        self._blake3 = blake3
        self._zstd = ZstdCompressor(level=_LEVEL, write_content_size=True)
        self._layout = layout
        self._connection = connection
        self._folder = make(f"{layout.tmp}/{alive.owner().replace('/', '!')}")
        self._reused: set[bytes] = set()
        self._fresh: dict[bytes, tuple[int, int, int, int, int]] = {}
        """Digest → size, pack's number here, frame, length, inner."""
        self._packs: list[_Pack] = []
        self._current: _Pack | None = None
        self._waiting: list[tuple[bytes, int, int]] = []
        self._frame: list[bytes] = []
        self._frame_size = 0

    def add(self, data: bytes) -> bytes:
        """Take some bytes; their digest."""
        digest = self._blake3(data).digest()
        if self._known(digest):
            return digest
        if len(data) > SMALL:
            import io

            return self.add_stream(io.BytesIO(data))[0]
        self._waiting.append((digest, self._frame_size, len(data)))
        self._fresh[digest] = (len(data), 0, 0, 0, 0)
        self._frame.append(data)
        self._frame_size += len(data)
        if self._frame_size >= SMALL:
            self._end_frame()
        return digest

    def add_file(self, path: str) -> tuple[bytes, int]:
        """Take a file's content: digest and size of what was read, in one read.

        A link is not followed. Raises OSError where it cannot be read.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:
            if os.fstat(descriptor).st_size > SMALL:
                return self.add_stream(file)
            data = file.read()
            # A file that grew meanwhile is no small one: what is kept is what was read.
            return self.add(data), len(data)

    def add_rest(self, path: str, skip: int) -> tuple[bytes, bytes, int]:
        """Take a file's content but for its first bytes: those, the digest of the rest, and the
        size of it all. Otherwise as :meth:`add_file`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb", buffering=0) as file:
            head = file.read(skip)
            data = file.read()
            return head, self.add(data), len(head) + len(data)

    def reuse(self, digest: bytes) -> bool:
        """Take content that the store has already, unread; False where it has not."""
        return self._known(digest)

    def add_stream(self, file: Readable, *, plain: bool = False) -> tuple[bytes, int]:
        """Take content of any length, in bounded memory; ``plain`` keeps it as it is."""
        hasher = self._blake3()
        size = 0
        pack = self._new_pack("plain" if plain else "object")
        with nullcontext(pack.file) if plain else self._compressor(pack) as writer:
            while chunk := file.read(_CHUNK):
                hasher.update(chunk)
                writer.write(chunk)
                size += len(chunk)
        digest = hasher.digest()
        if self._known(digest):
            pack.abandon()
        else:
            pack.size = pack.file.tell()
            pack.digest = digest
            self.stored += pack.size
            self._fresh[digest] = (size, pack.number, 0, pack.size, 0)
        return digest, size

    def commit(self, enter: Callable[[sqlite3.Connection, dict[bytes, int]], None]) -> None:
        """Make it visible, whole or not at all.

        ``enter`` writes who refers to it in the same transaction; it is given the ids of all
        digests that were added, and may raise to undo everything. Raises Vanished where reused
        content is gone: begin again.
        """
        self._end_frame()
        for pack in self._packs:
            pack.settle(self._layout)
        try:
            # Without new content there is nothing that could be lost but the entry itself.
            with database.transaction(self._connection, durable=bool(self._packs)):
                enter(self._connection, self._enter())
        except BaseException:
            for pack in self._packs:
                pack.forget(self._layout)
            raise
        self._packs = []

    def close(self) -> None:
        """Remove what is left of it below ``tmp``."""
        for pack in self._packs:
            pack.abandon()
        self._packs = []
        try:
            os.rmdir(self._folder)
        except OSError:
            return

    def __enter__(self) -> Ingest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _compressor(self, pack: _Pack) -> ZstdCompressionWriter:
        return self._zstd.stream_writer(pack.file, closefd=False)

    def _known(self, digest: bytes) -> bool:
        if digest in self._fresh or digest in self._reused:
            return True
        if self._replacing is not None:
            return False
        row = self._connection.execute("SELECT 1 FROM blob WHERE digest = ?", (digest,)).fetchone()
        if row is not None:
            self._reused.add(digest)
        return row is not None

    def _new_pack(self, kind: str) -> _Pack:
        pack = _Pack(kind, len(self._packs), f"{self._folder}/{os.urandom(8).hex()}")
        self._packs.append(pack)
        return pack

    def _end_frame(self) -> None:
        if not self._waiting:
            return
        if self._current is None or self._current.size >= _PACK:
            self._current = self._new_pack("pack")
        pack = self._current
        frame = self._zstd.compress(b"".join(self._frame))
        pack.file.write(frame)
        for digest, inner, size in self._waiting:
            self._fresh[digest] = (size, pack.number, pack.size, len(frame), inner)
        pack.size += len(frame)
        self.stored += len(frame)
        self._waiting.clear()
        self._frame.clear()
        self._frame_size = 0

    def _enter(self) -> dict[bytes, int]:
        if self._replacing is not None:
            return self._move(self._replacing)
        connection = self._connection
        packs = self._new_ids()
        connection.executemany(
            "INSERT OR IGNORE INTO blob (digest, size, pack, frame, length, inner)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                (digest, size, packs[pack], frame, length, inner)
                for digest, (size, pack, frame, length, inner) in self._fresh.items()
            ),
        )
        ids = dict(_ids(connection, (*self._fresh, *self._reused)))
        if len(ids) < len(self._fresh) + len(self._reused):
            raise Vanished
        return ids

    def _new_ids(self) -> dict[int, int | None]:
        return {
            pack.number: self._connection.execute(
                "INSERT INTO pack (name, kind, size) VALUES (?, ?, ?)",
                (pack.name, pack.kind, pack.size),
            ).lastrowid
            for pack in self._packs
            if pack.size >= 0
        }

    def _move(self, old: int) -> dict[bytes, int]:
        """Point what still lies in the old pack to its new place."""
        packs = self._new_ids()
        self._connection.executemany(
            "UPDATE blob SET pack = ?, frame = ?, length = ?, inner = ?"
            " WHERE digest = ? AND pack = ?",
            (
                (packs[pack], frame, length, inner, digest, old)
                for digest, (_, pack, frame, length, inner) in self._fresh.items()
            ),
        )
        return {}


class _Pack:
    """A file of an ingest: first below ``tmp``, then in its place."""

    def __init__(self, kind: str, number: int, path: str) -> None:
        self.kind = kind
        self.number = number
        self.path = path
        self.name = ""
        self.size = 0
        """Bytes; -1 for one that is not wanted after all."""
        self.digest = b""
        self.file = open(path, "xb")  # noqa: SIM115 - closed by settle, or by the ingest's close

    def settle(self, layout: Layout) -> None:
        """Sync it and move it to where readers look for it."""
        if self.size < 0:
            return
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        unique = os.path.basename(self.path)
        if self.kind != "pack":
            self.name = f"objects/{self.digest.hex()[:2]}/{self.digest.hex()}.{unique}"
        else:
            self.name = f"packs/{unique[:2]}/{unique}"
        folder = make(os.path.dirname(f"{layout.root}/{self.name}"))
        os.rename(self.path, f"{layout.root}/{self.name}")
        _sync_folder(folder)

    def abandon(self) -> None:
        """Remove it before it has settled: first the file, as closing it may fail on a full disk
        and the space is wanted back."""
        unlink(self.path)
        with suppress(OSError):
            self.file.close()
        self.size = -1

    def forget(self, layout: Layout) -> None:
        """Remove it from its place, as nothing came of it."""
        if self.name:
            unlink(f"{layout.root}/{self.name}")


class Reader:
    """Reads content back, comparing it with its digest. Close it after use."""

    def __init__(self, layout: Layout, connection: sqlite3.Connection) -> None:
        from blake3 import blake3
        from zstandard import ZstdDecompressor

        self._blake3 = blake3
        self._zstd: ZstdDecompressor = ZstdDecompressor()
        self._layout = layout
        self._connection = connection
        self._name = ""
        self._file: BinaryIO | None = None
        self._at: tuple[str, int] = ("", -1)
        self._raw = b""

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def store(self) -> str:
        """The folder of the store that is read."""
        return self._layout.root

    def places(self, digests: Iterable[bytes]) -> dict[bytes, Place]:
        """Where content lies; what is not in the store is absent."""
        found: dict[bytes, Place] = {}
        for digest in dict.fromkeys(digests):
            row = self._connection.execute(
                "SELECT b.id, b.size, p.name, p.kind, b.frame, b.length, b.inner"
                " FROM blob b JOIN pack p ON p.id = b.pack WHERE b.digest = ?",
                (digest,),
            ).fetchone()
            if row is not None:
                found[digest] = Place(*row)
        return found

    def get(self, digest: bytes, place: Place | None = None) -> bytes:
        """All of it at once. Raises Damaged."""
        return b"".join(self.chunks(digest, place))

    def chunks(self, digest: bytes, place: Place | None = None) -> Iterator[bytes]:
        """Content in pieces. Raises Damaged, at the latest at its end: what was read before must
        not be used then."""
        place = place or self.places((digest,)).get(digest)
        if place is None:
            raise Damaged(digest, "it is not in the index")
        hasher = self._blake3()
        try:
            for chunk in self._raw_chunks(self._still(digest, place)):
                hasher.update(chunk)
                yield chunk
        except OSError as error:
            raise Damaged(digest, f"{place.pack}: {error.strerror}") from error
        except ValueError as error:
            raise Damaged(digest, f"{place.pack}: {error}") from error
        if hasher.digest() != digest:
            raise Damaged(digest, f"{place.pack} holds something else")

    def _still(self, digest: bytes, place: Place) -> Place:
        """Where content is now: its pack may have been written anew since it was looked up."""
        try:
            if self._at != (place.pack, place.frame):
                self._opened(place)
        except FileNotFoundError:
            return self.places((digest,)).get(digest, place)
        return place

    def small(self, digest: bytes, place: Place) -> bytes:
        """:meth:`get` for content of a pack, without the cost of pieces. Raises Damaged."""
        try:
            (data,) = self._small(self._still(digest, place))
        except OSError as error:
            raise Damaged(digest, f"{place.pack}: {error.strerror}") from error
        except ValueError as error:
            raise Damaged(digest, f"{place.pack}: {error}") from error
        if self._blake3(data).digest() != digest:
            raise Damaged(digest, f"{place.pack} holds something else")
        return data

    def path(self, place: Place) -> str:
        """The file that is the content of a plain object."""
        return f"{self._layout.root}/{place.pack}"

    def _raw_chunks(self, place: Place) -> Iterator[bytes]:
        if place.kind == "plain":
            return iter(partial(self._opened(place).read, _CHUNK), b"")
        return self._large(place) if place.kind == "object" else self._small(place)

    def _small(self, place: Place) -> Iterator[bytes]:
        if self._at != (place.pack, place.frame):
            file = self._opened(place)
            file.seek(place.frame)
            self._raw = self._whole(file.read(place.length))
            self._at = (place.pack, place.frame)
        data = self._raw[place.inner : place.inner + place.size]
        if len(data) != place.size:
            raise ValueError("a frame is too short")
        yield data

    def _whole(self, frame: bytes) -> bytes:
        from zstandard import ZstdError, frame_content_size

        try:
            if not 0 <= frame_content_size(frame) <= _FRAME_LIMIT:
                raise ValueError("a frame claims to be too large")
            return self._zstd.decompress(frame)
        except ZstdError as error:
            raise ValueError(str(error)) from error

    def _large(self, place: Place) -> Iterator[bytes]:
        from zstandard import ZstdError

        left = place.size
        try:
            with self._zstd.stream_reader(self._opened(place), closefd=False) as stream:
                while chunk := stream.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise ValueError("it is too long")
                    yield chunk
        except ZstdError as error:
            raise ValueError(str(error)) from error

    def _opened(self, place: Place) -> BinaryIO:
        if self._file is None or self._name != place.pack:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._file = open(f"{self._layout.root}/{place.pack}", "rb")  # noqa: SIM115
            self._name = place.pack
        self._file.seek(0)
        return self._file


def order(place: Place | None) -> tuple[str, int, int]:
    """A sort key that lets each frame be read once."""
    return (place.pack, place.frame, place.inner) if place else ("", 0, 0)


def is_full(error: OSError) -> bool:
    """Whether it is the store's disk that said no, and not a file that was to be read."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


def _ids(connection: sqlite3.Connection, digests: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    for digest in digests:
        row = connection.execute("SELECT id FROM blob WHERE digest = ?", (digest,)).fetchone()
        if row is not None:
            yield digest, row[0]


def unlink(path: str) -> None:
    """Remove a file; it may be gone already."""
    try:
        os.unlink(path)
    except OSError:
        return


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
