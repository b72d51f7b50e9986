"""Artifacts of runs, in the same content store as the cache. Implements ports/artifacts.py.

Called by built-in actions and, through :mod:`agentmesh.app.records`, by ``agentmesh artifacts``.
Rules and limits are those of actions/upload-artifact v4: a name is taken once in a run unless it is
overwritten; files lose their permissions (0644, folders 0755) and links become what they point
to; an artifact is kept for 90 days by default. Here it is kept as files and not as a zip, so what
two runs have in common takes its space once; the digest is over names and contents.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.artifacts import Artifact
from agentmesh.store import blobs, holders, index, tree
from agentmesh.store.layout import unusable

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

HOLDER = "artifact"
RETENTION_DAYS = 90
_NAME_LENGTH = 255
_FORBIDDEN = {
    '"': 'Double quote "',
    ":": "Colon :",
    "<": "Less than <",
    ">": "Greater than >",
    "|": "Vertical bar |",
    "*": "Asterisk *",
    "?": "Question mark ?",
    "\r": "Carriage return \\r",
    "\n": "Line feed \\n",
    "\0": "Null",
}
_TRIES = 5


class FileArtifacts:
    """The artifacts of one store. ``clock`` gives seconds since the epoch."""

    def __init__(
        self,
        layout: Layout,
        retention_days: int = RETENTION_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._retention = retention_days
        self._now = clock

    async def upload(
        self,
        run: str,
        name: str,
        files: tuple[tuple[str, str], ...],
        *,
        overwrite: bool = False,
        retention_days: int | None = None,
    ) -> Artifact:
        """See ports/artifacts.py."""
        from asyncio import to_thread

        return await to_thread(self.upload_now, run, name, files, overwrite, retention_days)

    async def list(self, run: str) -> tuple[Artifact, ...]:
        """See ports/artifacts.py."""
        from asyncio import to_thread

        return await to_thread(self.list_now, run)

    async def download(self, artifact: Artifact, directory: str) -> int:
        """See ports/artifacts.py."""
        from asyncio import to_thread

        return await to_thread(self.download_now, artifact, directory)

    async def delete(self, artifact: Artifact) -> None:
        """See ports/artifacts.py."""
        from asyncio import to_thread

        await to_thread(self.delete_now, artifact)

    def upload_now(
        self,
        run: str,
        name: str,
        files: tuple[tuple[str, str], ...],
        overwrite: bool = False,
        retention_days: int | None = None,
    ) -> Artifact:
        """:meth:`upload`, for callers that have no loop."""
        check_name(name)
        check_paths(path for path, _ in files)
        with index.opened(self._layout) as connection:
            if not overwrite:
                check_free(connection, run, name)
            for _ in range(_TRIES):
                with suppress(blobs.Vanished):
                    return self._upload(connection, run, name, files, overwrite, retention_days)
        raise SetupError("the store was pruned while the artifact was stored", remedy="try again")

    def list_now(self, run: str | None = None) -> tuple[Artifact, ...]:
        """All artifacts of a run by name, or of all runs, the newest run first. A run is named as
        history names it, or by its number, which is what jobs know as ``github.run_id``."""
        numbered = f"{int(run):06d}-????" if run and run.isascii() and run.isdigit() else ""
        with index.opened(self._layout, create=False) as connection:
            rows = connection.execute(
                "SELECT id, run, name, size, files, digest, created, expires FROM artifact"
                " WHERE (:run IS NULL OR run = :run OR run GLOB :numbered)"
                " AND (expires IS NULL OR expires > :now) ORDER BY run DESC, name",
                {"run": run, "numbered": numbered, "now": self._now()},
            )
            return tuple(as_artifact(row) for row in rows)

    def download_now(self, artifact: Artifact, directory: str) -> int:
        """:meth:`download`, for callers that have no loop. Raises SetupError for what is damaged,
        and where the folder cannot be written; nothing is left half-written then."""
        with (
            index.opened(self._layout, create=False) as connection,
            blobs.Reader(self._layout, connection) as reader,
        ):
            kept = stored(connection, artifact)
            try:
                with tree.TreeWriter(directory) as writer:
                    for item, read in contents(reader, kept, artifact.name):
                        writer.add(item, read)
                    writer.finish()
                    return writer.files
            except OSError as error:
                raise SetupError(
                    f"cannot write {error.filename or directory}: {error.strerror}",
                    remedy="see to the folder's permissions and free space",
                ) from error

    def delete_now(self, artifact: Artifact) -> None:
        """:meth:`delete`, for callers that have no loop."""
        with index.opened(self._layout) as connection:
            self._delete(connection, [artifact.id])

    def prune(self, runs: tuple[str, ...] = ()) -> int:
        """Delete what has expired, and all artifacts of some runs; how many."""
        if not os.path.exists(self._layout.index):
            return 0
        with index.opened(self._layout) as connection:
            doomed = [
                row[0]
                for row in connection.execute(
                    "SELECT id FROM artifact WHERE expires <= ?", (self._now(),)
                )
            ]
            for run in runs:
                rows = connection.execute("SELECT id FROM artifact WHERE run = ?", (run,))
                doomed += [row[0] for row in rows]
            if doomed:
                self._delete(connection, doomed)
        return len(set(doomed))

    def _upload(
        self,
        connection: sqlite3.Connection,
        run: str,
        name: str,
        files: tuple[tuple[str, str], ...],
        overwrite: bool,
        retention_days: int | None,
    ) -> Artifact:
        with blobs.Ingest(self._layout, connection) as ingest:
            try:
                items = [_item(path, place, ingest) for path, place in sorted(files)]
            except OSError as error:
                if blobs.is_full(error):
                    raise unusable(self._layout.root, error) from error
                raise WorkflowError(
                    f"cannot read {error.filename}: {error.strerror}",
                    remedy="see to it that it is a file the job may read",
                ) from error
            manifest = ingest.add(tree.encode(items))
            now = self._now()
            days = self._retention if retention_days is None else retention_days
            values = (
                run,
                name,
                len(items),
                sum(item.size for item in items),
                _digest(items),
                now,
                now + 86400.0 * days if days > 0 else None,
            )
            made: list[int] = []

            def enter(connection: sqlite3.Connection, ids: dict[bytes, int]) -> None:
                if overwrite:
                    _release(connection, run, name)
                else:
                    check_free(connection, run, name)
                made.append(insert(connection, values, manifest))
                holders.refer(connection, HOLDER, made[0], ids.values())

            ingest.commit(enter)
        if overwrite:
            holders.collect(self._layout, connection)
        run, name, count, size, digest, created, expires = values
        return as_artifact((made[0], run, name, size, count, digest, created, expires))

    def _delete(self, connection: sqlite3.Connection, ids: Iterable[int]) -> None:
        from agentmesh.store import database

        with database.transaction(connection):
            for each in ids:
                connection.execute("DELETE FROM artifact WHERE id = ?", (each,))
                holders.release(connection, HOLDER, each)
        holders.collect(self._layout, connection)


class Stored(msgspec.Struct, frozen=True):
    """How an artifact is kept: files of ours (``tree``, then ``manifest`` is their list's digest),
    or what a client uploaded, a zip archive or one file (``zip``, ``file``), with its media type.
    """

    manifest: bytes
    form: str
    media: str


def stored(connection: sqlite3.Connection, artifact: Artifact) -> Stored:
    """How an artifact is kept. Raises SetupError where it is gone."""
    row = connection.execute(
        "SELECT manifest, form, media FROM artifact WHERE id = ?", (artifact.id,)
    ).fetchone()
    if row is None:
        raise SetupError(
            f"the artifact {artifact.name!r} of run {artifact.run} is not there any more",
            remedy="run again what made it",
        )
    return Stored(*row)


def contents(
    reader: blobs.Reader, kept: Stored, name: str
) -> Iterator[tuple[tree.Item, Callable[[], Iterator[bytes]]]]:
    """The files of an artifact, each with how to read it. Raises Damaged."""
    if kept.form == "zip":
        from agentmesh.store import zips

        yield from zips.items(reader, kept.manifest)
        return
    if kept.form == "file":
        yield (
            tree.Item(tree.FILE, "w", name, 0o644, time.time_ns()),
            lambda: reader.chunks(kept.manifest),
        )
        return
    items = tree.decode(reader.get(kept.manifest))
    places = reader.places(item.digest for item in items)
    items.sort(key=lambda item: blobs.order(places.get(item.digest)))
    for item in items:
        yield item, tree.content(reader, item, places)


def check_name(name: str) -> None:
    """GitHub's rules for names of artifacts, in its words. Raises WorkflowError."""
    if not name.strip():
        raise WorkflowError("Provided artifact name input during validation is empty")
    _check_characters("name", name, {**_FORBIDDEN, "\\": "Backslash \\", "/": "Forward slash /"})
    if name in {".", ".."}:
        raise WorkflowError(
            f"The artifact name is not valid: {name}. It is the name of a folder",
            remedy="use another name",
        )
    if len(name) > _NAME_LENGTH:
        raise WorkflowError(
            f"The artifact name is not valid: {name[:40]}… has {len(name)} characters",
            remedy=f"use at most {_NAME_LENGTH}",
        )


def check_paths(paths: Iterable[str]) -> None:
    """GitHub's rules for names of files in artifacts. Raises WorkflowError."""
    for path in paths:
        _check_characters("path", path, _FORBIDDEN)
        try:
            segments = tree.safe(path)
        except tree.Unsafe as error:
            raise WorkflowError(str(error), remedy="use a path below the artifact") from error
        if not segments:
            raise WorkflowError("a file of the artifact has no name", remedy="name it")


def _check_characters(what: str, text: str, forbidden: dict[str, str]) -> None:
    for char, called in forbidden.items():
        if char in text:
            raise WorkflowError(
                f"The artifact {what} is not valid: {text}. "
                f"Contains the following character: {called}",
                remedy="use a name without " + ", ".join(forbidden.values()),
            )


def check_free(connection: sqlite3.Connection, run: str, name: str) -> None:
    """Raises WorkflowError where a run has an artifact of this name already."""
    for (taken,) in connection.execute("SELECT name FROM artifact WHERE run = ?", (run,)):
        if taken == name:
            raise WorkflowError(
                f"an artifact named {name!r} exists in this run already",
                remedy="use another name, or `overwrite: true`",
            )
        if taken.casefold() == name.casefold():
            raise WorkflowError(
                f"the artifact {taken!r} of this run differs from {name!r} in case alone",
                remedy="use another name; other systems cannot keep both side by side",
            )


def _release(connection: sqlite3.Connection, run: str, name: str) -> None:
    row = connection.execute(
        "SELECT id FROM artifact WHERE run = ? AND name = ?", (run, name)
    ).fetchone()
    if row is not None:
        connection.execute("DELETE FROM artifact WHERE id = ?", row)
        holders.release(connection, HOLDER, row[0])


def insert(
    connection: sqlite3.Connection,
    values: tuple[str, str, int, int, str, float, float | None],
    manifest: bytes,
    form: str = "tree",
    media: str = "",
) -> int:
    """Enter an artifact: run, name, files, size, digest, created, expires. Its number."""
    cursor = connection.execute(
        "INSERT INTO artifact"
        " (run, name, files, size, digest, created, expires, manifest, form, media)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, manifest, form, media),
    )
    return int(cursor.lastrowid or 0)


def _item(path: str, place: str, ingest: blobs.Ingest) -> tree.Item:
    """A file, or what a link leads to."""
    real = os.path.realpath(place)
    digest, size = ingest.add_file(real)
    mtime = os.stat(real).st_mtime_ns
    return tree.Item(tree.FILE, "w", path, 0o644, mtime, size, digest)


def _digest(items: list[tree.Item]) -> str:
    """Over names and contents, in the order of names: equal for equal artifacts."""
    listed = [(item.path, item.size, item.digest) for item in items]
    return f"sha256:{sha256(msgspec.msgpack.encode(listed)).hexdigest()}"


def as_artifact(row: tuple[int, str, str, int, int, str, float, float | None]) -> Artifact:
    """A row: number, run, name, size, files, digest, created, expires."""
    each, run, name, size, files, digest, created, expires = row
    return Artifact(
        id=each,
        run=run,
        name=name,
        size=size,
        files=files,
        digest=digest,
        created=datetime.fromtimestamp(created, UTC),
        expires=None if expires is None else datetime.fromtimestamp(expires, UTC),
    )
