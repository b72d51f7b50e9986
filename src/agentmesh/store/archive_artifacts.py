"""Artifacts as archives: the door of published clients. Implements ports/archives.py.

Called by :mod:`agentmesh.services`. A client uploads a zip archive, or one file as it is; either is
kept so, as the client compares the digest of what it downloads. What artifacts.py stored as files
is rendered as a zip archive when it is asked for. Names and numbers are shared by both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.archives import Content
from agentmesh.store import blobs, holders, index, uploads, zips
from agentmesh.store.archive_cache import rendered, whole
from agentmesh.store.artifacts import (
    HOLDER,
    RETENTION_DAYS,
    FileArtifacts,
    as_artifact,
    check_free,
    check_name,
    check_paths,
    contents,
    insert,
    stored,
)
from agentmesh.store.tars import Hostile

if TYPE_CHECKING:
    import sqlite3

    from agentmesh.ports.archives import Upload
    from agentmesh.ports.artifacts import Artifact
    from agentmesh.store.layout import Layout

ZIP = "application/zip"
_CHUNK = 1 << 20
_TRIES = 5


class ArtifactUpload(uploads.Staged):
    """An upload for a name."""

    def __init__(
        self, layout: Layout, run: str, name: str, media: str, expires: datetime | None
    ) -> None:
        super().__init__(layout, lambda: None)
        self.run = run
        self.name = name
        self.media = media
        self.expires = expires


class ArchiveArtifacts:
    """The artifacts of one store, as archives. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        layout: Layout,
        retention_days: int = RETENTION_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._retention = retention_days
        self._now = clock
        self._files = FileArtifacts(layout, retention_days, clock)

    def reserve(self, run: str, name: str, media: str, expires: datetime | None) -> Upload | str:
        """See ports/archives.py."""
        check_name(name)
        with index.opened(self._layout) as connection:
            try:
                check_free(connection, run, name)
            except WorkflowError as error:
                return error.message
        return ArtifactUpload(self._layout, run, name, media, expires)

    def finish(self, upload: Upload, size: int, digest: str) -> Artifact | str:
        """See ports/archives.py."""
        assert isinstance(upload, ArtifactUpload)
        try:
            if upload.size != size:
                return f"{size} bytes were announced, and {max(upload.size, 0)} have come"
            with index.opened(self._layout) as connection:
                for _ in range(_TRIES):
                    try:
                        return self._keep(connection, upload, digest)
                    except blobs.Vanished:
                        continue
            raise SetupError("the store was pruned meanwhile", remedy="try again")
        except Hostile as error:
            return f"the artifact was refused: {error}"
        except WorkflowError as error:
            return error.message
        finally:
            upload.discard()

    def listed(self, run: str) -> tuple[tuple[Artifact, bool], ...]:
        """See ports/archives.py."""
        there = self._files.list_now(run)
        with index.opened(self._layout, create=False) as connection:
            rows = connection.execute(
                "SELECT id FROM artifact WHERE run = ? AND form != 'tree'", (run,)
            )
            exact = {row[0] for row in rows}
        return tuple((artifact, artifact.id in exact) for artifact in there)

    def open(self, artifact: Artifact) -> Content:
        """See ports/archives.py."""
        with (
            index.opened(self._layout, create=False) as connection,
            blobs.Reader(self._layout, connection) as reader,
        ):
            kept = stored(connection, artifact)
            if kept.form != "tree":
                content = whole(reader, kept.manifest)
                return Content(file=content.file, size=content.size, media=kept.media or ZIP)

            def write(out: BinaryIO) -> None:
                zips.render(contents(reader, kept, artifact.name), out)

            return rendered(self._layout, write, ZIP)

    def delete(self, artifact: Artifact) -> None:
        """See ports/archives.py."""
        self._files.delete_now(artifact)

    def _keep(
        self, connection: sqlite3.Connection, upload: ArtifactUpload, claimed: str
    ) -> Artifact | str:
        with blobs.Ingest(self._layout, connection) as ingest, upload.opened() as stream:
            hashing = _Hashing(stream)
            content, size = ingest.add_stream(hashing, plain=True)
            digest = f"sha256:{hashing.hash.hexdigest()}"
            if claimed and claimed != digest:
                return f"{claimed} was announced, and {digest} has come"
            form = "zip" if upload.media in ("", ZIP) else "file"
            files, unpacked = (1, size) if form == "file" else self._judged(upload, size)
            now = self._now()
            expires = now + 86400.0 * self._retention
            if upload.expires is not None:
                expires = min(expires, upload.expires.timestamp())
            values = (upload.run, upload.name, files, unpacked, digest, now, expires)
            made: list[int] = []

            def enter(connection: sqlite3.Connection, ids: dict[bytes, int]) -> None:
                check_free(connection, upload.run, upload.name)
                made.append(insert(connection, values, content, form, upload.media))
                holders.refer(connection, HOLDER, made[0], ids.values())

            ingest.commit(enter)
        return as_artifact(
            (made[0], upload.run, upload.name, unpacked, files, digest, now, expires)
        )

    def _judged(self, upload: ArtifactUpload, size: int) -> tuple[int, int]:
        """A zip archive is read from its end, so one of several blocks is joined first."""
        from tempfile import TemporaryFile

        with upload.opened() as stream, TemporaryFile(dir=self._layout.tmp) as file:
            while chunk := stream.read(_CHUNK):
                file.write(chunk)
            file.flush()
            file.seek(0, os.SEEK_SET)
            survey = zips.judge(file, size)
        check_paths(survey.names)
        return survey.files, survey.size


class _Hashing:
    """A stream that is hashed while it is read."""

    def __init__(self, stream: uploads.Joined) -> None:
        self._stream = stream
        self.hash = sha256()

    def read(self, size: int, /) -> bytes:
        data = self._stream.read(size)
        self.hash.update(data)
        return data
