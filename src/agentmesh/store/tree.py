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
from itertools import chain
from types import TracebackType

import msgspec

from agentmesh.store.blobs import Place, Reader
from agentmesh.store.patterns import HOME, ROOT, WORKSPACE, Matcher, Pattern, State

FILE, FOLDER, LINK = "f", "d", "l"
_PERMISSIONS = 0o777


class Item(msgspec.Struct, frozen=True, array_like=True):
    """A file, folder or link. ``path`` leads from the anchor's folder; ``mtime`` is in ns.

    ``digest`` is of a file's content without ``head``, its first bytes where they are kept here.
    """

    kind: str
    anchor: str
    path: str
    mode: int = 0
    mtime: int = 0
    size: int = 0
    digest: bytes = b""
    target: str = ""
    head: bytes = b""


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
        if matcher.settled(state):
            yield from _all(anchor, path, place, odd)
            continue
        try:
            kind = kind_of(os.lstat(place).st_mode)
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


def _all(anchor: str, path: str, place: str, odd: list[str]) -> Iterator[Found]:
    """A whole tree, in the same order, without asking about each name."""
    try:
        stack = [(path, place, kind_of(os.lstat(place).st_mode))]
    except (FileNotFoundError, NotADirectoryError):
        return
    while stack:
        path, place, kind = stack.pop()
        if kind is None:
            odd.append(place)
            continue
        below: list[tuple[str, str, str | None]] = []
        if kind == FOLDER:
            try:
                with os.scandir(place) as entries:
                    below = [(entry.name, entry.path, _listed_kind(entry)) for entry in entries]
            except (FileNotFoundError, NotADirectoryError):
                continue
            below.sort(reverse=True)
        yield Found(anchor, path, place, kind)
        prefix = f"{path}/" if path else ""
        stack.extend((prefix + name, at, what) for name, at, what in below)


def _listed_kind(entry: os.DirEntry[str]) -> str | None:
    if entry.is_symlink():
        return LINK
    if entry.is_dir(follow_symlinks=False):
        return FOLDER
    return FILE if entry.is_file(follow_symlinks=False) else None


def _names(place: str) -> list[str]:
    """Reversed, as a stack gives them back in order."""
    return sorted(os.listdir(place), reverse=True)


def kind_of(mode: int) -> str | None:
    """What a mode says; None for a special file."""
    if stat.S_ISREG(mode):
        return FILE
    if stat.S_ISDIR(mode):
        return FOLDER
    return LINK if stat.S_ISLNK(mode) else None


class Unsafe(ValueError):
    """A list names a place outside of its tree. Never made by us: it was tampered with."""


class TreeWriter:
    """Writes a tree below a folder. :meth:`add` all items, then :meth:`finish`; leaving the
    ``with`` block without it removes what was added.

    A folder that is not there yet is made under another name and filled there, so a new tree takes
    its place by one rename.
    """

    def __init__(self, root: str, *, hidden: bool = False) -> None:
        """``hidden``: nothing below it is in its place yet, so all may be written at once."""
        os.makedirs(root, exist_ok=True)
        self._all_hidden = hidden
        self.files = 0
        self.bytes = 0
        self._stack: list[tuple[str, int]] = [
            ("", os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        ]
        self._staged: list[tuple[tuple[str, ...], str, str]] = []
        self._hidden: dict[tuple[str, ...], str] = {}
        """Folders that are made under another name, and that name."""
        self._made: dict[tuple[str, ...], int] = {}
        """Folders that are made, in the order of making, and the mode they were given."""
        self._folders: list[tuple[tuple[str, ...], Item]] = []
        self._finished = False
        self._mark = f".agentmesh-{os.urandom(6).hex()}"
        self._masked = _umask()

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
            self._folder(segments, mode=item.mode)
            self._folders.append((segments, item))
            return
        if not segments:
            raise Unsafe(item.path)
        parent, name = self._folder(segments[:-1]), segments[-1]
        try:
            if not self._all_hidden and segments[:-1] not in self._made:
                raise FileExistsError
            self._put(item, name, parent, read)
        except FileExistsError:
            temporary = f"{self._mark}-{len(self._staged)}"
            self._staged.append((segments[:-1], temporary, name))
            self._put(item, temporary, parent, read)
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

    def hidden_path(self, path: str) -> str | None:
        """Where a file's place is now, below the root, while the folder that it lies in is made
        under another name; None where its folder is not one of those."""
        segments = safe(path)
        if segments[:-1] not in self._made:
            return None
        for depth in range(1, len(segments)):
            name = self._hidden.get(segments[:depth])
            if name is not None:
                return "/".join((*segments[: depth - 1], name, *segments[depth:]))
        return None

    def finish(self) -> None:
        """Put everything in its place, then set the folders' modes and times."""
        for folder, temporary, name in self._staged:
            parent = self._folder(folder)
            try:
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
            except IsADirectoryError:
                _remove_tree(name, parent)
                os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        for segments, item in reversed(self._folders):
            self._set(segments, item)
        # The renames change the times of the folders that they are in.
        around = {segments[:-1] for segments in self._hidden}
        for segments, temporary in tuple(self._hidden.items()):
            self._show(segments, temporary)
            del self._hidden[segments]
        self._finished = True
        for segments, item in self._folders:
            if segments in around:
                self._set(segments, item)

    def _set(self, segments: tuple[str, ...], item: Item) -> None:
        """Give a folder its mode and time."""
        mode = item.mode & _PERMISSIONS
        if segments and self._made.get(segments) == mode:
            parent = self._folder(segments[:-1])
            name = self._hidden.get(segments, segments[-1])
            times = (item.mtime, item.mtime)
            os.utime(name, ns=times, dir_fd=parent, follow_symlinks=False)
            return
        descriptor = self._folder(segments)
        if segments:  # the anchor's own folder belongs to the job
            os.fchmod(descriptor, mode)
        os.utime(descriptor, ns=(item.mtime, item.mtime))

    def _show(self, segments: tuple[str, ...], temporary: str) -> None:
        """Let a folder take its place; a file or link that stands there gives way."""
        parent, name = self._folder(segments[:-1]), segments[-1]
        try:
            os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
        except NotADirectoryError:
            os.unlink(name, dir_fd=parent)
            os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)

    def _put(self, item: Item, name: str, parent: int, read: Callable[[], Iterator[bytes]]) -> None:
        if item.kind == LINK:
            os.symlink(item.target, name, dir_fd=parent)
            os.utime(name, ns=(item.mtime, item.mtime), dir_fd=parent, follow_symlinks=False)
        else:
            self._write(item, name, parent, read)

    def _write(
        self, item: Item, name: str, parent: int, read: Callable[[], Iterator[bytes]]
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        mode = item.mode & _PERMISSIONS
        plain = not mode & self._masked
        descriptor = os.open(name, flags, mode if plain else 0o600, dir_fd=parent)
        try:
            if plain and not self.files and os.fstat(descriptor).st_mode & _PERMISSIONS != mode:
                # A folder's own access list decides here, and not what was asked for.
                self._masked, plain = _PERMISSIONS, False
            for chunk in read():
                view = memoryview(chunk)
                while view:
                    view = view[os.write(descriptor, view) :]
                self.bytes += len(chunk)
            if not plain:
                os.fchmod(descriptor, mode)
            os.utime(descriptor, ns=(item.mtime, item.mtime))
        finally:
            os.close(descriptor)

    def _folder(self, segments: tuple[str, ...], *, make: bool = True, mode: int = 0o755) -> int:
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
            last = depth + 1 == len(segments)
            entered = self._enter(
                segments[: depth + 1], stack[-1][1], make=make, mode=mode if last else 0o755
            )
            stack.append((segments[depth], entered))
        return stack[-1][1]

    def _enter(self, segments: tuple[str, ...], parent: int, *, make: bool, mode: int) -> int:
        name = self._hidden.get(segments, segments[-1])
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        inside = segments[:-1] in self._made
        if not inside or segments in self._made:
            try:
                return os.open(name, flags, dir_fd=parent)
            except FileNotFoundError:
                if not make:
                    raise
            except OSError:
                if not make or not _is_no_folder(name, parent):
                    raise
        elif not make:
            raise FileNotFoundError(name)
        if not inside:
            name = self._hidden[segments] = f"{self._mark}-d{len(self._hidden)}"
        # Its owner must be able to fill it; the rest of its mode may be had at once.
        wanted = (mode & _PERMISSIONS & ~self._masked) | 0o700
        try:
            os.mkdir(name, wanted, dir_fd=parent)
        except FileExistsError:  # the list names a file or link here, and then a folder
            os.unlink(name, dir_fd=parent)
            os.mkdir(name, wanted, dir_fd=parent)
        self._made[segments] = wanted
        return os.open(name, flags, dir_fd=parent)

    def _undo(self) -> None:
        for folder, temporary, _ in self._staged:
            try:
                os.unlink(temporary, dir_fd=self._folder(folder, make=False))
            except OSError:
                continue
        for segments, temporary in self._hidden.items():
            try:
                _remove_tree(temporary, self._folder(segments[:-1], make=False))
            except OSError:
                continue


def _umask() -> int:
    """The permissions that new files are not given; all where that cannot be told."""
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"Umask:"):
                    return int(line.split()[1], 8)
    except (OSError, ValueError):
        pass
    return _PERMISSIONS


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
    if kind_of(status.st_mode) != item.kind:
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
    place = places.get(item.digest)
    if place is not None and place.kind == "pack" and not item.head:
        return lambda: iter((reader.small(item.digest, place),))
    if item.head:
        return lambda: chain((item.head,), reader.chunks(item.digest, place))
    return lambda: reader.chunks(item.digest, place)
