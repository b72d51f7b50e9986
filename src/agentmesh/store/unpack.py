"""Entries that a client saved as archives, read as files: for the cache's own door.

Called by cache.py, which is asked for files, where archive_cache.py has stored a tar archive.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import msgspec

from agentmesh.store import blobs, tars, tree

if TYPE_CHECKING:
    from agentmesh.store.entries import Entry


def listed(reader: blobs.Reader, entry: Entry) -> list[tree.Item]:
    """What an archive holds; nothing for bytes of another kind. Raises Damaged."""
    if not tars.is_known(entry.form):
        return []
    workspace, home, _ = _origin(entry)
    with _archive(reader, entry) as archive:
        return [item for item, _ in tars.items(archive, workspace, home)]


def write(
    reader: blobs.Reader, entry: Entry, target: Callable[[tree.Item], tuple[str, str]]
) -> tuple[int, int]:
    """Unpack an archive; files and bytes written. ``target`` gives the folder and the path below
    it for each item. Raises Damaged and Unsafe, and leaves the targets as they were then."""
    workspace, home, linked = _origin(entry)
    links: frozenset[str] = frozenset()
    if linked:
        with _archive(reader, entry) as archive:
            links = tars.linked(archive, workspace)
    writers: dict[str, tree.TreeWriter] = {}
    made: set[tuple[str, str]] = set()
    with ExitStack() as stack:
        with _archive(reader, entry) as archive:
            for item, read in tars.items(archive, workspace, home, links):
                root, path = target(item)
                if item.kind == tree.LINK:
                    made.add((root, path))
                if any((root, above) in made for above in _above(path)):
                    raise tree.Unsafe(f"{item.path!r} lies behind a link of the same archive")
                writer = writers.get(root)
                if writer is None:
                    writer = writers[root] = stack.enter_context(tree.TreeWriter(root))
                writer.add(msgspec.structs.replace(item, path=path), read)
        for writer in writers.values():
            writer.finish()
    files = sum(writer.files for writer in writers.values())
    return files, sum(writer.bytes for writer in writers.values())


@contextmanager
def _archive(reader: blobs.Reader, entry: Entry) -> Iterator[tarfile.TarFile]:
    """An entry's archive, compared with its digest by the time it is closed. Raises Damaged."""
    chunks = reader.chunks(entry.manifest)
    try:
        with tars.opened(tars.Pieces(chunks), entry.form, entry.size) as archive:
            yield archive
        for _ in chunks:
            pass
    except tars.Hostile as error:
        raise blobs.Damaged(entry.manifest, str(error)) from error


def _above(path: str) -> Iterator[str]:
    """The folders that a path leads through."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _origin(entry: Entry) -> tuple[str, str, str]:
    """The workspace and HOME that the archive was made in, and whether it has hard links."""
    workspace, home, linked = (*entry.origin.split("\n", 2), "", "", "")[:3]
    return workspace, home, linked
