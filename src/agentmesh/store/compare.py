"""What of a list of items a target lacks: the difference that a restore has to write.

Called by cache.py. A file counts as there when its content is the same: known from a memo
(memo.py), else read and hashed; sizes and times alone are not believed. Where only its mode or time
differ they are set, and nothing is written. Nothing is looked at behind a link: a folder in whose
path one stands counts as missing, and the writer (tree.py) puts a folder there.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable

import msgspec

from agentmesh.store import memo, tree
from agentmesh.store.memo import Seen
from agentmesh.store.survey import Known
from agentmesh.store.tree import FOLDER, LINK, Item

_SPECIAL = ("", ".", "..")


class Placed(msgspec.Struct, frozen=True):
    """An item, the folder its target lies below, and its path from there."""

    item: Item
    root: str
    path: str


class Difference(msgspec.Struct):
    """``missing`` is to be written, folders among it for their modes and times; ``touch`` has the
    right content, but another mode or time. ``seen`` goes with the list, for a memo."""

    missing: list[Placed]
    touch: list[tuple[str, Item]]
    seen: list[Seen]
    hashed: int = 0


def compare(
    items: list[Item],
    target: Callable[[Item], tuple[str, str]],
    known: Known,
    digest: Callable[[int], bytes],
    begun: int,
) -> Difference:
    """Look at all items, parents first. ``target`` gives an item's root and path or raises Unsafe;
    ``digest`` hashes what a descriptor gives; ``begun`` is the time in ns."""
    compared = _Comparison(target, known, digest, begun)
    for item in items:
        compared.look(item)
    return compared.done()


class _Comparison:
    def __init__(
        self,
        target: Callable[[Item], tuple[str, str]],
        known: Known,
        digest: Callable[[int], bytes],
        begun: int,
    ) -> None:
        self._target = target
        self._known = known
        self._digest = digest
        self._begun = begun
        self._result = Difference([], [], [])
        self._below: dict[tuple[str, str], tuple[str, str, bool]] = {}
        """Anchor and path of a folder → root, path, and whether it is a folder without links."""
        self._folders: dict[tuple[str, str], Placed] = {}
        self._stale: set[tuple[str, str]] = set()
        """Folders whose mode or time is to be set: they differ, or are written into."""

    def look(self, item: Item) -> None:
        parent, _, name = item.path.rpartition("/")
        above = self._below.get((item.anchor, parent))
        if above is None or name in _SPECIAL or "\0" in name:
            root, path = self._target(item)
            real = self._real(root, path)
        else:
            root, path, real = above
            path = f"{path}/{name}" if path else name
        place = f"{root}/{path}" if path else root
        try:
            status = os.lstat(place) if real else None
        except OSError:
            status = None
        if item.kind == FOLDER:
            self._look_at_folder(item, root, path, status)
        elif status is None or not self._same(item, place, status):
            self._result.missing.append(Placed(item, root, path))
            self._stale.add((item.anchor, parent))
            self._result.seen.append(Seen(0, 0, memo.UNKNOWN))
        else:
            self._result.seen.append(memo.seen_at(status, self._begun))

    def done(self) -> Difference:
        self._result.missing.extend(
            placed for where, placed in self._folders.items() if where in self._stale
        )
        return self._result

    def _look_at_folder(
        self, item: Item, root: str, path: str, status: os.stat_result | None
    ) -> None:
        where = (item.anchor, item.path)
        there = status is not None and stat.S_ISDIR(status.st_mode)
        self._below[where] = (root, path, there)
        self._folders[where] = Placed(item, root, path)
        # What else it holds is not in the list, so a memo must not vouch for it.
        self._result.seen.append(Seen(0, 0, memo.UNKNOWN))
        looks = status and (status.st_mode & 0o7777, status.st_mtime_ns)
        if not there or looks != (item.mode, item.mtime):
            self._stale.add(where)
        if not there:
            self._stale.add((item.anchor, item.path.rpartition("/")[0]))

    def _real(self, root: str, path: str) -> bool:
        """Whether what is above a path, from the root on, are folders and no links."""
        place = root
        for segment in path.split("/")[:-1]:
            place = f"{place}/{segment}"
            try:
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    return False
            except OSError:
                return False
        return True

    def _same(self, item: Item, place: str, status: os.stat_result) -> bool:
        before = self._known.get((item.anchor, item.path))
        sure = (
            before is not None
            and before[1].ctime == status.st_ctime_ns
            and before[1].inode == status.st_ino
            and before[1].device == status.st_dev
        )
        if sure and before is not None and before[0] == item:
            return True
        kind = tree.kind_of(status.st_mode)
        if kind != item.kind:
            return False
        if kind == LINK:
            return os.readlink(place) == item.target
        if status.st_size != item.size:
            return False
        exact = (status.st_mtime_ns, status.st_mode & 0o7777) == (item.mtime, item.mode)
        # What has another name may not be touched: that name's mode and time would change too.
        if not exact and status.st_nlink != 1:
            return False
        if sure and before is not None:
            same = (before[0].digest, before[0].head) == (item.digest, item.head)
        else:
            same = self._hash(item, place)
        if same and not exact:
            self._result.touch.append((place, item))
        return same

    def _hash(self, item: Item, place: str) -> bool:
        self._result.hashed += 1
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            if item.head and os.read(descriptor, len(item.head)) != item.head:
                return False
            return self._digest(descriptor) == item.digest
        except OSError:
            return False
        finally:
            os.close(descriptor)


def touch(place: str, item: Item) -> None:
    """Set a file's mode and time. Raises OSError."""
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        os.fchmod(descriptor, item.mode)
        os.utime(descriptor, ns=(item.mtime, item.mtime))
    finally:
        os.close(descriptor)
