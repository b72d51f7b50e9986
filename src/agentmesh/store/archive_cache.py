"""The cache as archives: the door of published clients. Implements ports/archives.py.

Called by :mod:`agentmesh.services`. What a client uploads is kept as it is and sent as it lies on
the disk; what the cache's own door (cache.py) saved is rendered as the client's archive when it is
asked for. Both are entries of one index: a key that either has taken is taken.

An archive is judged when it is finished (tars.py), as it is unpacked by the client, where nobody
could hold it back. Bytes that are no tar archive, and layers of images (BuildKit's client never
unpacks those into a job), are kept unseen; the cache's own door does not hand them out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from agentmesh.core.errors import SetupError
from agentmesh.ports.archives import Content, Found, Missed, Place
from agentmesh.store import (
    alive,
    blobs,
    dialect,
    entries,
    holders,
    index,
    missing,
    tars,
    tree,
    uploads,
)
from agentmesh.store.cache import Limits, check_keys, drop_damaged, evict, manifest
from agentmesh.store.layout import unusable

if TYPE_CHECKING:
    import sqlite3

    from agentmesh.ports.archives import Upload
    from agentmesh.ports.cache import CacheScope
    from agentmesh.store.entries import Entry
    from agentmesh.store.layout import Layout

_VERSION_LENGTH = 128
_TRIES = 5


class CacheUpload(uploads.Staged):
    """An upload for a key that it holds."""

    def __init__(
        self,
        layout: Layout,
        release: Callable[[], None],
        scope: CacheScope,
        version: str,
        reservation: entries.Reservation,
    ) -> None:
        super().__init__(layout, release)
        self.scope = scope
        self.version = version
        self.reservation = reservation


class ArchiveCache:
    """The cache of one store, as archives. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        layout: Layout,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._limits = limits or Limits()
        self._now = clock

    def reserve(self, scope: CacheScope, key: str, version: str) -> Upload | str:
        """See ports/archives.py."""
        check_keys((key,))
        if not 0 < len(version) <= _VERSION_LENGTH or not version.isascii():
            return "the version is not one of a client's"
        with index.opened(self._layout) as connection:
            known = dialect.native(connection, version)
            others = (known[0],) if known else ()
            reserved = entries.reserve(connection, scope, key, version, "", self._now(), others)
        if isinstance(reserved, str):
            return reserved

        def release() -> None:
            with index.opened(self._layout) as connection:
                entries.unreserve(connection, reserved)

        return CacheUpload(self._layout, release, scope, version, reserved)

    def finish(self, upload: Upload, size: int, place: Place) -> int | str:
        """See ports/archives.py."""
        assert isinstance(upload, CacheUpload)
        try:
            if upload.size != size:
                return f"{size} bytes were announced, and {max(upload.size, 0)} have come"
            try:
                form, survey = _judged(upload, place)
            except tars.Hostile as error:
                return f"the archive was refused: {error}"
            with index.opened(self._layout) as connection:
                if not self._keep(connection, upload, form, survey, place):
                    return "the reservation of the key was lost to another job"
                repository = upload.scope.repository
                evict(self._layout, connection, repository, self._limits, self._now())
            return upload.reservation.id
        finally:
            upload.discard()

    def find(
        self, scope: CacheScope, keys: tuple[str, ...], version: str, place: Place
    ) -> Found | Missed:
        """See ports/archives.py."""
        check_keys(keys)
        begun = time.monotonic()
        with index.opened(self._layout) as connection:
            known = dialect.native(connection, version)
            others = (known[0],) if known else ()
            found = entries.lookup(connection, scope, keys, version, others)
            if found is None:
                reason = missing.why(connection, scope, keys[0], version, self._now())
                entries.note_miss(connection, scope.repository)
                return Missed(reason=reason)
            entry, hit = found
            owner = alive.owner()
            if not entries.pin(connection, entry, owner, self._now()):
                return Missed(reason=f"{entry.key!r} has just been pruned")
            try:
                content = self._content(connection, entry, known, place)
            finally:
                entries.unpin(connection, entry, owner)
            if isinstance(content, str):
                drop_damaged(self._layout, connection, entry, self._now())
                why = f"{entry.key!r} was dropped, as it is damaged: {content}"
                return Missed(reason=why, damaged=True)
            seconds = time.monotonic() - begun
            entries.note_use(connection, entry, hit, content.size, seconds, self._now())
            return Found(key=entry.key, content=content)

    def _keep(
        self,
        connection: sqlite3.Connection,
        upload: CacheUpload,
        form: str,
        survey: tars.Survey,
        place: Place,
    ) -> bool:
        origin = f"{place.workspace}\n{place.home}\n{'linked' if survey.linked else ''}"
        ready: list[bool] = []
        for _ in range(_TRIES):
            with blobs.Ingest(self._layout, connection) as ingest, upload.opened() as stream:
                digest, size = ingest.add_stream(stream, plain=True)

                def enter(
                    connection: sqlite3.Connection,
                    ids: dict[bytes, int],
                    digest: bytes = digest,
                    size: int = size,
                ) -> None:
                    done = entries.make_ready(
                        connection,
                        upload.reservation,
                        digest,
                        survey.files,
                        size,
                        self._now(),
                        form=form,
                        origin=origin,
                    )
                    ready.append(done)
                    if done:
                        holders.refer(
                            connection, entries.HOLDER, upload.reservation.id, ids.values()
                        )

                try:
                    ingest.commit(enter)
                except blobs.Vanished:
                    continue
                return ready[-1]
        raise SetupError("the cache was pruned while an archive was stored", remedy="try again")

    def _content(
        self,
        connection: sqlite3.Connection,
        entry: Entry,
        known: tuple[str, str] | None,
        place: Place,
    ) -> Content | str:
        """The entry's archive, or how it is damaged."""
        form = known[1] if known else dialect.ZSTD
        media = "application/gzip" if form == dialect.GZIP else "application/zstd"
        with blobs.Reader(self._layout, connection) as reader:

            def write(out: BinaryIO) -> None:
                tars.render(read_items(reader, manifest(reader, entry)), place, form, out)

            try:
                if entry.form != dialect.TREE:
                    return whole(reader, entry.manifest)
                return rendered(self._layout, write, media)
            except (blobs.Damaged, tree.Unsafe, msgspec.DecodeError) as error:
                return str(error).partition("\n")[0]


def _judged(upload: CacheUpload, place: Place) -> tuple[str, tars.Survey]:
    """The form of what was uploaded, and what it holds. Raises Hostile."""
    unseen = dialect.OPAQUE, tars.Survey(1, upload.size)
    if upload.version == layer_version():
        return unseen
    with upload.opened() as stream:
        form = tars.form_of(stream.read(4))
    if not form:
        return unseen
    with upload.opened() as stream:
        if not tars.is_tar(stream, form, upload.size):
            return unseen
    with upload.opened() as stream, tars.opened(stream, form, upload.size) as archive:
        return form, tars.judge(archive, place)


def layer_version() -> str:
    """The one version that BuildKit's client gives all its entries."""
    from hashlib import sha256

    return sha256(b"|go-actionscache-1.0").hexdigest()


def read_items(
    reader: blobs.Reader, items: list[tree.Item]
) -> Iterator[tuple[tree.Item, tars.Read]]:
    """Items of a tree, each with how to read it."""
    places = reader.places(item.digest for item in items if item.kind == tree.FILE)
    for item in items:
        yield item, tree.content(reader, item, places)


def whole(reader: blobs.Reader, digest: bytes) -> Content:
    """A plain object, read once to compare it with its digest, open for sending.
    Raises Damaged."""
    stored = reader.places((digest,)).get(digest)
    if stored is None:
        raise blobs.Damaged(digest, "it is not in the index")
    try:
        file = os.open(reader.path(stored), os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise blobs.Damaged(digest, f"{stored.pack}: {error.strerror}") from error
    try:
        for _ in reader.chunks(digest, stored):
            pass
    except BaseException:
        os.close(file)
        raise
    return Content(file=file, size=stored.size)


def rendered(layout: Layout, write: Callable[[BinaryIO], None], media: str) -> Content:
    """What ``write`` makes, in a file without a name that goes with its descriptor."""
    from tempfile import TemporaryFile

    from agentmesh.store.layout import make

    try:
        with TemporaryFile(dir=make(layout.tmp)) as file:
            write(file)
            file.flush()
            size = file.tell()
            file.seek(0)  # the position goes with the descriptor
            return Content(file=os.dup(file.fileno()), size=size, media=media)
    except OSError as error:
        raise unusable(layout.root, error) from error
