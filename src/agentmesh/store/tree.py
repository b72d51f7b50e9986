"""Trees of files: listing one, and writing one back without ever leaving it.

Called by cache.py and artifacts.py. A tree is a list of :class:`Item`; the digests of its files
lead to their content (blobs.py).

Writing goes through descriptors of folders, opened one below the other without following links:
a link that stands where a folder belongs is replaced, so nothing outside the target can be reached,
whatever the target or the list holds. All files are first written under other names beside their
places, and take their places when everything has been read and compared: damaged content or a full
disk leave the target's files as they were. Owners, set-id bits and special files are not kept.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from types import TracebackType

import msgspec

from agentmesh.store.blobs import Ingest, Place, Reader
from agentmesh.store.patterns import HOME, ROOT, WORKSPACE, Matcher, Pattern, State

FILE, FOLDER, LINK = "f", "d", "l"
_PERMISSIONS = 0o777


class Item(msgspec.Struct, frozen=True, array_like=True):
    """A file, folder or link. ``path`` leads from the anchor's folder; ``mtime`` is in ns."""

    kind: str
    anchor: str
    path: str
    mode: int = 0
    mtime: int = 0
    size: int = 0
    digest: bytes = b""
    target: str = ""


class Found(msgspec.Struct, frozen=True):
    """Something to be kept, not read yet."""

    anchor: str
    path: str
    place: str
    kind: str


def encode(items: list[Item]) -> bytes:
    """A tree's list as bytes."""
    return msgspec.msgpack.encode(items)


def decode(data: bytes) -> list[Item]:
    """The list of a tree. Raises msgspec.DecodeError."""
    return msgspec.msgpack.decode(data, type=list[Item])


def find(patterns: tuple[Pattern, ...], workspace: str, home: str) -> tuple[list[Found], list[str]]:
    """What the patterns mean now, parents before children; and special files that are left out."""
    found: dict[tuple[str, str], Found] = {}
    odd: list[str] = []
    for anchor, folder in ((WORKSPACE, workspace), (HOME, home), (ROOT, "/")):
        matcher = Matcher(patterns, anchor)
        starts = {p.fixed for p in patterns if p.anchor == anchor and not p.exclude}
        for start in sorted(starts):
            state = matcher.start()
            for segment in start:
                state = matcher.enter(state, segment)
            path = "/".join(start)
            for item in _walk(matcher, state, anchor, path, os.path.join(folder, path), odd):
                found.setdefault((item.anchor, item.path), item)
    return list(found.values()), odd


def _walk(
    matcher: Matcher, state: State, anchor: str, path: str, place: str, odd: list[str]
) -> Iterator[Found]:
    """Depth first, names in order, links not followed. No recursion: trees can be very deep."""
    stack = [(path, place, state)]
    while stack:
        path, place, state = stack.pop()
        try:
            kind = _kind(os.lstat(place).st_mode)
            names = _names(place) if kind == FOLDER and matcher.promising(state) else []
        except (FileNotFoundError, NotADirectoryError):
            continue
        if matcher.included(state):
            if kind is None:
                odd.append(place)
            else:
                yield Found(anchor, path, place, kind)
        prefix = f"{path}/" if path else ""
        stack.extend((prefix + n, os.path.join(place, n), matcher.enter(state, n)) for n in names)


def _names(place: str) -> list[str]:
    """Reversed, as a stack gives them back in order."""
    return sorted(os.listdir(place), reverse=True)


def _kind(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return FILE
    if stat.S_ISDIR(mode):
        return FOLDER
    return LINK if stat.S_ISLNK(mode) else None


def keep(found: list[Found], ingest: Ingest) -> list[Item]:
    """Read what was found into the store. What has gone meanwhile is left out. Raises OSError."""
    items = []
    for each in found:
        try:
            items.append(_keep(each, ingest))
        except FileNotFoundError:
            continue
    return items


def _keep(each: Found, ingest: Ingest) -> Item:
    status = os.lstat(each.place)
    mode = status.st_mode & _PERMISSIONS
    if each.kind == LINK:
        target = os.readlink(each.place)
        return Item(LINK, each.anchor, each.path, target=target, mtime=status.st_mtime_ns)
    if each.kind == FOLDER:
        return Item(FOLDER, each.anchor, each.path, mode, status.st_mtime_ns)
    digest, size = ingest.add_file(each.place)
    return Item(FILE, each.anchor, each.path, mode, status.st_mtime_ns, size, digest)


class Unsafe(ValueError):
    """A list names a place outside of its tree. Never made by us: it was tampered with."""


class TreeWriter:
    """Writes a tree below a folder. :meth:`add` all items, then :meth:`finish`; leaving the
    ``with`` block without it removes what was added."""

    def __init__(self, root: str) -> None:
        os.makedirs(root, exist_ok=True)
        self.files = 0
        self.bytes = 0
        self._stack: list[tuple[str, int]] = [
            ("", os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        ]
        self._staged: list[tuple[tuple[str, ...], str, str]] = []
        self._made: list[tuple[str, ...]] = []
        self._folders: list[tuple[tuple[str, ...], Item]] = []
        self._finished = False
        self._mark = f".agentmesh-{os.urandom(6).hex()}"

    def __enter__(self) -> TreeWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._finished:
                self._undo()
        finally:
            for _, descriptor in reversed(self._stack):
                os.close(descriptor)

    def add(self, item: Item, read: Callable[[], Iterator[bytes]]) -> None:
        """Write a folder, link or file beside its place; ``read`` gives a file's content.

        Raises Unsafe, OSError, and what ``read`` raises.
        """
        segments = safe(item.path)
        if item.kind == FOLDER:
            self._folder(segments)
            self._folders.append((segments, item))
            return
        if not segments:
            raise Unsafe(item.path)
        parent, name = self._folder(segments[:-1]), segments[-1]
        temporary = f"{self._mark}-{len(self._staged)}"
        self._staged.append((segments[:-1], temporary, name))
        if item.kind == LINK:
            os.symlink(item.target, temporary, dir_fd=parent)
            os.utime(temporary, ns=(item.mtime, item.mtime), dir_fd=parent, follow_symlinks=False)
        else:
            self._write(item, temporary, parent, read)
        self.files += 1

    def same(self, item: Item, digest: Callable[[int], bytes]) -> bool:
        """Whether the target has this very file or link already. ``digest`` hashes a descriptor."""
        segments = safe(item.path)
        if not segments:
            return False
        try:
            parent = self._folder(segments[:-1], make=False)
            return _same(item, segments[-1], parent, digest)
        except OSError:
            return False

    def finish(self) -> None:
        """Put everything in its place, then set the folders' modes and times."""
        for folder, temporary, name in self._staged:
            parent = self._folder(folder)
            try:
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            except IsADirectoryError:
                _remove_tree(name, parent)
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        self._finished = True
        for segments, item in reversed(self._folders):
            descriptor = self._folder(segments)
            if segments:  # the anchor's own folder belongs to the job
                os.fchmod(descriptor, item.mode & _PERMISSIONS)
            os.utime(descriptor, ns=(item.mtime, item.mtime))

    def _write(
        self, item: Item, name: str, parent: int, read: Callable[[], Iterator[bytes]]
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(name, flags, 0o600, dir_fd=parent)
        try:
            for chunk in read():
                view = memoryview(chunk)
                while view:
                    view = view[os.write(descriptor, view) :]
                self.bytes += len(chunk)
            os.fchmod(descriptor, item.mode & _PERMISSIONS)
            os.utime(descriptor, ns=(item.mtime, item.mtime))
        finally:
            os.close(descriptor)

    def _folder(self, segments: tuple[str, ...], *, make: bool = True) -> int:
        """A descriptor of a folder below the root; where it is missing it is made, or an OSError
        raised."""
        stack = self._stack
        common = 0
        while (
            common < len(segments)
            and common + 1 < len(stack)
            and stack[common + 1][0] == segments[common]
        ):
            common += 1
        while len(stack) > common + 1:
            os.close(stack.pop()[1])
        for depth in range(common, len(segments)):
            entered = self._enter(segments[: depth + 1], stack[-1][1], make=make)
            stack.append((segments[depth], entered))
        return stack[-1][1]

    def _enter(self, segments: tuple[str, ...], parent: int, *, make: bool) -> int:
        name = segments[-1]
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return os.open(name, flags, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        except OSError:
            if not make or not _is_no_folder(name, parent):
                raise
            os.unlink(name, dir_fd=parent)
        os.mkdir(name, 0o755, dir_fd=parent)
        self._made.append(segments)
        return os.open(name, flags, dir_fd=parent)

    def _undo(self) -> None:
        for folder, temporary, _ in self._staged:
            try:
                os.unlink(temporary, dir_fd=self._folder(folder))
            except OSError:
                continue
        for segments in reversed(self._made):
            try:
                os.rmdir(segments[-1], dir_fd=self._folder(segments[:-1]))
            except OSError:
                continue


def safe(path: str) -> tuple[str, ...]:
    """The segments of a relative path that stays below its start. Raises Unsafe."""
    segments = tuple(path.split("/")) if path else ()
    if any(s in ("", ".", "..") or "\0" in s for s in segments):
        raise Unsafe(f"{path!r} is no path below a folder")
    return segments


def _is_no_folder(name: str, parent: int) -> bool:
    return not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _same(item: Item, name: str, parent: int, digest: Callable[[int], bytes]) -> bool:
    status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if _kind(status.st_mode) != item.kind:
        return False
    if item.kind == LINK:
        return os.readlink(name, dir_fd=parent) == item.target
    looks = (status.st_size, status.st_mtime_ns, status.st_mode & 0o7777)
    if looks != (item.size, item.mtime, item.mode):
        return False
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        return digest(descriptor) == item.digest
    finally:
        os.close(descriptor)


def _remove_tree(name: str, parent: int) -> None:
    from shutil import rmtree

    rmtree(name, dir_fd=parent)


def content(
    reader: Reader, item: Item, places: dict[bytes, Place]
) -> Callable[[], Iterator[bytes]]:
    """How a file's content is read, for :meth:`TreeWriter.add`."""
    return lambda: reader.chunks(item.digest, places.get(item.digest))
