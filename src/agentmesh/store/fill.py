"""Writing what a target lacks. Called by cache.py with what compare.py has found.

Most of the time is the kernel's, making files. Of very many a second process writes a part
(second.py). Two threads gain nothing: they wait for each other (11,000 files: 0.5 s became 0.75).
"""

from __future__ import annotations

from contextlib import ExitStack

from msgspec.structs import replace

from agentmesh.store import blobs, tree
from agentmesh.store.blobs import Place
from agentmesh.store.compare import Placed
from agentmesh.store.tree import Item

COST = 16 << 10
"""What making a file costs beside its bytes, in bytes."""
START = 48 << 20
"""What could be written while a second process starts, some 0.1 s, at that cost."""
MUCH = 2 * START
"""From this cost on a second process is worth it."""


def fill(reader: blobs.Reader, missing: list[Placed], much: int = MUCH) -> tuple[int, int]:
    """Write it all or nothing; files and bytes. Raises Damaged, Unsafe and OSError."""
    from agentmesh.store.second import Second, Task

    places = reader.places(each.item.digest for each in missing if each.item.kind == tree.FILE)
    missing.sort(key=lambda each: blobs.order(places.get(each.item.digest)))
    folders = [each for each in missing if each.item.kind == tree.FOLDER]
    rest = [each for each in missing if each.item.kind != tree.FOLDER]
    writers: dict[str, tree.TreeWriter] = {}
    with ExitStack() as stack:
        for each in missing:
            if each.root not in writers:
                writers[each.root] = stack.enter_context(tree.TreeWriter(each.root))
        large = len(writers) == 1 and sum(each.item.size + COST for each in rest) >= much
        second = stack.enter_context(Second(reader.store)) if large else None
        _write(folders, writers, reader, places)
        work: list[tuple[Item, Place | None]] = []
        if second:
            (writer,) = writers.values()
            rest, work = share(rest, writer, places, min(START, much))
        if second and work:
            second.begin(Task(reader.store, missing[0].root, work))
        _write(rest, writers, reader, places)
        files, size = second.result() if second and work else (0, 0)
        for writer in writers.values():
            writer.finish()
            files, size = files + writer.files, size + writer.bytes
    return files, size


def share(
    files: list[Placed], writer: tree.TreeWriter, places: dict[bytes, Place], start: int = 0
) -> tuple[list[Placed], list[tuple[Item, Place | None]]]:
    """What stays here, and what a second process may write: half of the cost, less its start's,
    from the end of the packs, and only what goes into folders that nobody sees yet."""
    half = (sum(each.item.size + COST for each in files) - start) / 2
    work: list[tuple[Item, Place | None]] = []
    kept: list[Placed] = []
    for each in reversed(files):
        path = writer.hidden_path(each.path) if half > 0 else None
        if path is None:
            kept.append(each)
            continue
        half -= each.item.size + COST
        work.append((replace(each.item, path=path), places.get(each.item.digest)))
    return kept[::-1], work[::-1]


def _write(
    files: list[Placed],
    writers: dict[str, tree.TreeWriter],
    reader: blobs.Reader,
    places: dict[bytes, Place],
) -> None:
    for each in files:
        item = each.item
        if item.path != each.path:
            item = replace(item, path=each.path)
        writers[each.root].add(item, tree.content(reader, item, places))
