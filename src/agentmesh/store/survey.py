"""What a cache's paths mean now, as a list of items whose content the store has.

Called by cache.py when it saves. Where a memo (memo.py) knows an item, and the store its content,
the file is not read. Where every folder is as it was, not even folders are read: the time that an
unchanged tree takes is that of one ``lstat`` for each item.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Protocol

import msgspec

from agentmesh.store import memo, tree
from agentmesh.store.memo import Memo, Seen
from agentmesh.store.patterns import HOME, ROOT, WORKSPACE, Pattern
from agentmesh.store.tree import FILE, FOLDER, LINK, Item

BYTECODE = ".pyc"
BYTECODE_HEAD = 16
"""Compiled Python begins with a version and its source's time and size; the rest is the same
however often it is compiled anew."""
_PERMISSIONS = 0o777

Known = Mapping[tuple[str, str], tuple[Item, Seen]]


class Content(Protocol):
    """Where content goes; blobs.Ingest."""

    def add_file(self, path: str) -> tuple[bytes, int]: ...

    def add_rest(self, path: str, skip: int) -> tuple[bytes, bytes, int]: ...

    def reuse(self, digest: bytes) -> bool: ...


class Survey(msgspec.Struct, frozen=True):
    """The items, what was seen of each, special files left out, and whether all is as the memo
    says, so that its list can stand for this one."""

    items: list[Item]
    seen: list[Seen]
    odd: list[str]
    same: bool = False


def survey(
    wanted: tuple[Pattern, ...], workspace: str, home: str, known: Memo, content: Content
) -> Survey:
    """Look, and read what is new. What goes meanwhile is left out. Raises OSError."""
    bases = {WORKSPACE: _folder(workspace), HOME: _folder(home), ROOT: "/"}
    begun = time.time_ns()
    if _simple(wanted, known):
        changed = _changed(known, bases)
        if changed == []:
            return Survey(known.items, known.seen, [], same=True)
        if changed is not None:
            return _patched(known, changed, bases, content, begun)
    found, odd = tree.find(wanted, workspace, home)
    before = {
        (item.anchor, item.path): (item, seen)
        for item, seen in zip(known.items, known.seen, strict=True)
    }
    items, seen = [], []
    for each in found:
        try:
            status = os.lstat(each.place)
            item = _known(before.get((each.anchor, each.path)), status, content)
            item = item or _read(each.anchor, each.path, each.place, status, content)
        except FileNotFoundError:
            continue
        if item is not None:
            items.append(item)
            seen.append(memo.seen_at(status, begun))
    return Survey(items, seen, odd)


def _folder(path: str) -> str:
    return path.rstrip("/") + "/"


def _simple(wanted: tuple[Pattern, ...], known: Memo) -> bool:
    """Whether the memo's folders tell all there is: no pattern leads through other folders, and
    what each names was there."""
    if not known.items or any(p.exclude or p.fixed != p.segments for p in wanted):
        return False
    there = {(item.anchor, item.path) for item in known.items}
    return all((p.anchor, "/".join(p.segments)) in there for p in wanted)


def _changed(known: Memo, bases: Mapping[str, str]) -> list[int] | None:
    """Which files and links are not as they were; None where a folder is not, or one is gone."""
    lstat = os.lstat
    changed = []
    for number, (item, seen) in enumerate(zip(known.items, known.seen, strict=True)):
        try:
            status = lstat(bases[item.anchor] + item.path)
        except OSError:
            return None
        if (
            status.st_ctime_ns != seen.ctime
            or status.st_ino != seen.inode
            or status.st_dev != seen.device
        ):
            if item.kind == FOLDER:
                return None
            changed.append(number)
    return changed


def _patched(
    known: Memo, changed: list[int], bases: Mapping[str, str], content: Content, begun: int
) -> Survey:
    """The memo's list with some items read anew, and all that the store does not have."""
    again = set(changed)
    again.update(
        number
        for number, item in enumerate(known.items)
        if item.kind == FILE and number not in again and not content.reuse(item.digest)
    )
    items, seen = list(known.items), list(known.seen)
    gone = []
    for number in sorted(again):
        item = items[number]
        place = bases[item.anchor] + item.path
        try:
            status = os.lstat(place)
            new = _read(item.anchor, item.path, place, status, content)
        except FileNotFoundError:
            gone.append(number)
            continue
        if new is None:
            gone.append(number)
        else:
            items[number], seen[number] = new, memo.seen_at(status, begun)
    for number in reversed(gone):
        del items[number], seen[number]
    return Survey(items, seen, [])


def _known(
    before: tuple[Item, Seen] | None, status: os.stat_result, content: Content
) -> Item | None:
    """The item as it was, where it is and its content too."""
    if before is None:
        return None
    item, seen = before
    if Seen(status.st_dev, status.st_ino, status.st_ctime_ns) != seen:
        return None
    return item if item.kind != FILE or content.reuse(item.digest) else None


def _read(
    anchor: str, path: str, place: str, status: os.stat_result, content: Content
) -> Item | None:
    mode = status.st_mode & _PERMISSIONS
    kind = tree.kind_of(status.st_mode)
    if kind == LINK:
        return Item(LINK, anchor, path, target=os.readlink(place), mtime=status.st_mtime_ns)
    if kind == FOLDER:
        return Item(FOLDER, anchor, path, mode, status.st_mtime_ns)
    if kind is None:
        return None
    head = b""
    if path.endswith(BYTECODE) and status.st_size > BYTECODE_HEAD:
        head, digest, size = content.add_rest(place, BYTECODE_HEAD)
    else:
        digest, size = content.add_file(place)
    return Item(FILE, anchor, path, mode, status.st_mtime_ns, size, digest, head=head)
