"""What a tree of files looked like when its content was last known, so that it is not read again.

Called by cache.py. One memo stands for the paths of one cache in one workspace: the list that was
stored, and for each item the inode and the time of its last change of any kind (``ctime``, which
no program can set). An item whose three numbers are the same has the same content, mode and times.

As git does with its index, nothing is believed that was changed less than two seconds before it
was read, nor what claims to be of the future: a later change could bear the same time.
A memo that is lost or damaged costs time and nothing else.
"""

from __future__ import annotations

import os
from hashlib import sha256

import msgspec

from agentmesh.store.layout import Layout, make
from agentmesh.store.tree import Item

RACY_NS = 2_000_000_000
UNKNOWN = 0
_DIGEST = 32


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """Which file it was, and when it was last changed. ``ctime`` 0: not to be believed."""

    device: int
    inode: int
    ctime: int


class Memo(msgspec.Struct, frozen=True, array_like=True):
    """A list of items, its digest (empty where it was never stored), and what was seen of each."""

    manifest: bytes = b""
    items: list[Item] = []
    seen: list[Seen] = []


def name(workspace: str, home: str, version: str) -> str:
    """What the memo of a cache's paths in a workspace is called."""
    text = "\0".join((workspace, home, version))
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:40]


def load(layout: Layout, called: str) -> Memo:
    """The memo, or an empty one."""
    from blake3 import blake3

    try:
        with open(f"{layout.memo}/{called}", "rb") as file:
            data = file.read()
        if blake3(memoryview(data)[_DIGEST:]).digest() == data[:_DIGEST]:
            memo = msgspec.msgpack.decode(memoryview(data)[_DIGEST:], type=Memo)
            if len(memo.items) == len(memo.seen):
                return memo
    except (OSError, msgspec.DecodeError):
        pass
    return Memo()


def keep(layout: Layout, called: str, memo: Memo) -> None:
    """Remember it. A disk that is full forgets it."""
    from blake3 import blake3

    data = msgspec.msgpack.encode(memo)
    temporary = f"{make(layout.memo)}/.{os.urandom(8).hex()}"
    try:
        with open(temporary, "xb") as file:
            file.write(blake3(data).digest())
            file.write(data)
        os.rename(temporary, f"{layout.memo}/{called}")
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            return


def seen_at(status: os.stat_result, begun: int) -> Seen:
    """What to remember of a file whose reading began at ``begun`` (ns since the epoch) at the
    earliest."""
    ctime = status.st_ctime_ns
    return Seen(status.st_dev, status.st_ino, ctime if 0 < ctime < begun - RACY_NS else UNKNOWN)


def sweep(layout: Layout, before: float) -> int:
    """Remove memos that were written before a time (seconds since the epoch); how many."""
    removed = 0
    try:
        with os.scandir(layout.memo) as found:
            for entry in found:
                if entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)
                    removed += 1
    except OSError:
        return removed
    return removed
