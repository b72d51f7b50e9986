"""The files that an image is built of: a folder with a Dockerfile, as the engine is sent it.

Called by :mod:`agentmesh.executors.docker.images`. Follows ".dockerignore file" of Docker's
documentation. The archive is the same for the same files, whenever and by whom they were written,
so that its digest names the image.
"""

from __future__ import annotations

import io
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256

_PIECE = 1 << 20


class Context:
    """A folder, and the Dockerfile in it (a path relative to the folder)."""

    def __init__(self, root: str, dockerfile: str) -> None:
        self.root = root
        self.dockerfile = dockerfile

    def digest(self) -> str:
        """Names the files and their contents; blocking."""
        digest = sha256(self.dockerfile.encode() + b"\0")
        for piece in self.archive():
            digest.update(piece)
        return digest.hexdigest()

    def archive(self) -> Iterator[bytes]:
        """A tar archive of all files that are not ignored, piece by piece; blocking."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in self._files("."):
                name = os.path.join(self.root, path)
                info = tar.gettarinfo(name, arcname=path)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                info.mtime = 0
                info.mode = 0o755 if info.mode & 0o111 or info.isdir() else 0o644
                if info.isreg():
                    with open(name, "rb") as file:
                        tar.addfile(info, file)
                else:
                    tar.addfile(info)
                if buffer.tell() >= _PIECE:
                    yield _taken(buffer)
        yield _taken(buffer)

    def _files(self, folder: str) -> Iterator[str]:
        for name in sorted(os.listdir(os.path.join(self.root, folder))):
            path = os.path.normpath(os.path.join(folder, name))
            mode = os.lstat(os.path.join(self.root, path)).st_mode
            known = stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISLNK(mode)
            if known and not self._ignored(path):
                yield path
            if stat.S_ISDIR(mode) and (not self._ignored(path) or self._excepts):
                yield from self._files(path)

    def _ignored(self, path: str) -> bool:
        if path in (self.dockerfile, ".dockerignore"):
            return False
        ignored = False
        for pattern, excepted in self._patterns:
            if pattern.fullmatch(path):
                ignored = not excepted
        return ignored

    @cached_property
    def _excepts(self) -> bool:
        return any(excepted for _, excepted in self._patterns)

    @cached_property
    def _patterns(self) -> tuple[tuple[re.Pattern[str], bool], ...]:
        own = f"{self.dockerfile}.dockerignore"
        for name in (own, ".dockerignore"):
            try:
                with open(os.path.join(self.root, name), encoding="utf-8") as file:
                    lines = [line.strip() for line in file]
            except FileNotFoundError:
                continue
            return tuple(_rule(line) for line in lines if line and not line.startswith("#"))
        return ()


def _taken(buffer: io.BytesIO) -> bytes:
    data = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return data


def _rule(line: str) -> tuple[re.Pattern[str], bool]:
    """A line of .dockerignore: what it matches, with all below, and whether it is an exception."""
    excepted = line.startswith("!")
    path = os.path.normpath(line.removeprefix("!").strip()).lstrip("/")
    expression = ""
    at = 0
    while at < len(path):
        if path.startswith("**/", at):
            expression += "(?:.*/)?"
            at += 3
        elif path.startswith("**", at):
            expression += ".*"
            at += 2
        else:
            expression += {"*": "[^/]*", "?": "[^/]"}.get(path[at], re.escape(path[at]))
            at += 1
    return re.compile(f"{expression}(?:/.*)?", re.DOTALL), excepted
