"""``hashFiles``: one SHA-256 over the files that match some patterns.

Called through the scope of an expression by the engine, the cache actions and ``agentmesh eval``.
Follows @actions/glob as the runner uses it: patterns apply in order and the last match wins, a
match on a directory takes all that lies below it, nothing is excluded by default, links to
directories are not followed, and the hash runs over the binary digests of the files in the order
of the walk: depth first, the children of a directory by their bytes.

Patterns are matched while the walk goes down, so that a folder in which nothing can match is never
read.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence

import msgspec

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.store.hashpatterns import (
    Live,
    Pattern,
    beginning,
    live_at,
    matches_file,
    may_match_below,
    read,
    split,
    step,
)

FOLLOW = "--follow-symbolic-links"


def function(workspace: str, *, home: str | None = None) -> Callable[[list[Value]], Value]:
    """``hashFiles`` for a scope: from the arguments of the call to the hash."""
    return lambda args: hash_files([to_string(arg) for arg in args], workspace, home=home)


def hash_files(
    patterns: Sequence[str],
    workspace: str,
    follow_symlinks: bool = False,
    *,
    home: str | None = None,
) -> str:
    """The hash as 64 hexadecimal digits, or ``""`` where no file matches.

    The first pattern may be the option ``--follow-symbolic-links``. ``workspace`` is an absolute
    folder: relative patterns start there, and files outside of it do not count. ``home`` is what
    ``~/`` stands for. Raises ExpressionError (evaluation) where a pattern is not allowed or a
    matched file cannot be read.
    """
    import hashlib

    if patterns and patterns[0].startswith("--"):
        if patterns[0].lower() != FOLLOW:
            raise ExpressionError(
                "evaluation", f"Invalid glob option {patterns[0]}, available option: '{FOLLOW}'."
            )
        return hash_files(patterns[1:], workspace, True, home=home)

    result = hashlib.sha256()
    count = 0
    try:
        for path in _walk(read(patterns, workspace, home), workspace, follow_symlinks):
            with open(path, "rb", opener=_without_waiting) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise OSError(f"'{path}' is not a regular file")
                result.update(hashlib.file_digest(file, "sha256").digest())
            count += 1
    except (OSError, ValueError) as error:
        named = ", ".join(patterns).replace("'", "''")
        raise ExpressionError(
            "evaluation",
            f"hashFiles('{named}') failed. Fail to hash files under directory '{workspace}': "
            f"{error}",
        ) from error
    return result.hexdigest() if count else ""


def _without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is opened at once too, and refused later."""
    return os.open(path, flags | os.O_NONBLOCK)


class _Entry(msgspec.Struct, frozen=True):
    """Something the walk has to look at: ``live`` is what may match it or below it.

    ``chain`` holds the real paths of the folders above, where links are followed.
    """

    path: str
    name: str
    folder: bool
    link: bool
    live: Live
    chain: tuple[str, ...] = ()


def _walk(patterns: tuple[Pattern, ...], workspace: str, follow: bool) -> Iterator[str]:
    """The files of the workspace that match, in the order their hashes count."""
    root = split(workspace)
    for start in _starts(patterns, root):
        first = _start_entry(patterns, start, follow)
        stack = [first] if first else []
        while stack:
            entry = stack.pop()
            if entry.folder:
                stack += reversed(_children(entry, follow))
            elif not (entry.link and _left_out(entry, follow)) and matches_file(
                entry.live, entry.name
            ):
                yield entry.path


def _starts(patterns: tuple[Pattern, ...], root: list[str]) -> list[list[str]]:
    """Where to begin: the literal beginnings of the patterns, none below another one.

    A beginning outside the workspace counts as the workspace, or not at all.
    """
    beginnings = [beginning(pattern) for pattern in patterns if not pattern.negate]
    starts: list[list[str]] = []
    for names in beginnings:
        if any(names[: len(other)] == other for other in beginnings if len(other) < len(names)):
            continue
        inside = names[: len(root)] == root
        start = names if inside else root
        if (inside or root[: len(names)] == names) and start not in starts:
            starts.append(start)
    return starts


def _start_entry(patterns: tuple[Pattern, ...], start: list[str], follow: bool) -> _Entry | None:
    path = "/" + "/".join(start)
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    folder = os.path.isdir(path) if follow else stat.S_ISDIR(found.st_mode)
    live = live_at(patterns, start[:-1])
    return _Entry(path, start[-1] if start else "", folder, stat.S_ISLNK(found.st_mode), live)


def _children(entry: _Entry, follow: bool) -> list[_Entry]:
    """What a folder holds, by the bytes of the names; nothing where nothing can match."""
    live = step(entry.live, entry.name) if entry.name else entry.live
    if not may_match_below(live):
        return []
    chain = entry.chain
    if follow:
        real = os.path.realpath(entry.path)
        if real in chain:
            return []
        chain = (*chain, real)
    base = entry.path.rstrip("/") + "/"
    with os.scandir(entry.path) as found:
        children = [
            _Entry(
                base + e.name,
                e.name,
                _is_folder(e, follow),
                e.is_symlink(),
                live,
                chain,
            )
            for e in found
        ]
    children.sort(key=lambda child: os.fsencode(child.name))
    return children


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:  # links in a circle; an error if something could match there
        return False


def _left_out(link: _Entry, follow: bool) -> bool:
    """Whether a link does not count: to a folder, or followed to nothing.

    Raises OSError where links go in a circle at a place where something could match.
    """
    if not follow:
        return os.path.isdir(link.path)
    below = step(link.live, link.name)
    if not (matches_file(link.live, link.name) or may_match_below(below)):
        return True
    try:
        os.stat(link.path)
    except FileNotFoundError:
        return True
    return False
