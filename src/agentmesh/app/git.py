"""What a run needs to know of a git repository, read without starting a process.

Called by :mod:`agentmesh.app.event` and :mod:`agentmesh.app.workflows`. A process costs as much as
a whole small run, so HEAD, refs, the configuration and the newest commits are read from the files
that git keeps ("gitrepository-layout", "gitformat-pack"). Where a repository keeps them otherwise
(reftable, SHA-256 packs, a commit stored as a difference) git is asked after all.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import mmap

ZEROS = "0" * 40
"""What GitHub puts where there is no commit."""


class Person(msgspec.Struct, frozen=True):
    """An author or committer; ``time`` is the second since 1970 and ``zone`` as git writes it."""

    name: str
    email: str
    time: int
    zone: str


class Commit(msgspec.Struct, frozen=True):
    """A commit, as far as events speak of it."""

    id: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    committer: Person
    message: str


class Head(msgspec.Struct, frozen=True):
    """What is checked out: a full ref name, empty where HEAD is detached, and its commit, empty
    where there is none yet."""

    ref: str
    sha: str


class Repository:
    """A git repository. ``root`` is the top of its working tree; ``own`` and ``shared`` are its git
    folders, different in a linked worktree."""

    def __init__(self, root: str, own: str) -> None:
        self.root = root
        self.own = own
        common = _text(os.path.join(own, "commondir")).strip()
        self.shared = os.path.normpath(os.path.join(own, common)) if common else own
        self._packed: dict[str, str] | None = None
        self._config: dict[str, str] | None = None

    def head(self) -> Head:
        """What is checked out."""
        text = _text(os.path.join(self.own, "HEAD")).strip()
        if not text.startswith("ref:"):
            return Head("", text)
        ref = text[4:].strip()
        if ref == "refs/heads/.invalid":  # what reftable leaves for those who read files
            ref = self.ask("symbolic-ref", "-q", "HEAD").strip()
        return Head(ref, self.sha(ref))

    def sha(self, ref: str) -> str:
        """The commit a full ref name points to; empty where there is no such ref."""
        for folder in (self.own, self.shared):
            text = _text(os.path.join(folder, ref)).strip()
            if text.startswith("ref:"):
                return self.sha(text[4:].strip())
            if text:
                return text
        found = self.packed().get(ref, "")
        if not found and os.path.isdir(os.path.join(self.shared, "reftable")):
            found = self.ask("rev-parse", "-q", "--verify", ref).strip()
        return found

    def packed(self) -> dict[str, str]:
        """The refs of ``packed-refs``; an annotated tag stands for its commit."""
        if self._packed is None:
            refs: dict[str, str] = {}
            last = ""
            for line in _text(os.path.join(self.shared, "packed-refs")).splitlines():
                if line.startswith("^"):
                    refs[last] = line[1:]
                elif line and not line.startswith("#"):
                    sha, _, last = line.partition(" ")
                    refs[last] = sha
            self._packed = refs
        return self._packed

    def refs_at(self, sha: str, below: str) -> list[str]:
        """Names, without ``below`` (``refs/heads/``, ``refs/tags/``), that point to a commit."""
        packed = self.packed().items()
        found = {ref[len(below) :] for ref, at in packed if at == sha and ref.startswith(below)}
        start = os.path.join(self.shared, below)
        for folder, _, files in os.walk(start):
            for file in files:
                path = os.path.join(folder, file)
                if _text(path).strip() == sha:
                    found.add(os.path.relpath(path, start))
        return sorted(found)

    def config(self) -> dict[str, str]:
        """The repository's own configuration, as ``remote.origin.url`` → value."""
        if self._config is None:
            self._config = read_config(os.path.join(self.shared, "config"))
        return self._config

    def commit(self, sha: str) -> Commit | None:
        """A commit by its full id; None where it is not here."""
        body = self._loose(sha) or self._from_packs(sha)
        if body is None:
            body = self.ask_bytes("cat-file", "commit", sha)
        return _commit(sha, body) if body else None

    def ask(self, *args: str) -> str:
        """What a git command prints, or nothing where it fails or there is no git."""
        return self.ask_bytes(*args).decode("utf-8", "replace")

    def ask_bytes(self, *args: str) -> bytes:
        return self.try_git(*args) or b""

    def try_git(self, *args: str, cwd: str | None = None) -> bytes | None:
        """What a git command prints; None where it fails or there is no git."""
        import subprocess

        command = ["git", "-c", "core.quotePath=false", *args]
        try:
            done = subprocess.run(command, cwd=cwd or self.root, capture_output=True, check=False)
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None

    def _objects(self) -> Iterator[str]:
        """Folders of objects, those borrowed from other repositories included."""
        todo = [os.path.join(self.shared, "objects")]
        for folder in todo:
            yield folder
            for line in _text(os.path.join(folder, "info", "alternates")).splitlines():
                place = os.path.normpath(os.path.join(folder, line))
                if line and place not in todo:
                    todo.append(place)

    def _loose(self, sha: str) -> bytes | None:
        for folder in self._objects():
            data = _bytes(os.path.join(folder, sha[:2], sha[2:]))
            if data:
                kind, _, body = zlib.decompress(data).partition(b"\0")
                return body if kind.startswith(b"commit") else None
        return None

    def _from_packs(self, sha: str) -> bytes | None:
        if len(sha) != 40:
            return None
        wanted = bytes.fromhex(sha)
        for folder in self._objects():
            packs = os.path.join(folder, "pack")
            try:
                names = sorted(os.listdir(packs))
            except OSError:
                continue
            for name in names:
                if name.endswith(".idx"):
                    offset = _offset(os.path.join(packs, name), wanted)
                    if offset is not None:
                        return _packed_commit(os.path.join(packs, name[:-4] + ".pack"), offset)
        return None


def find(directory: str) -> Repository | None:
    """The repository that a folder lies in."""
    folder = os.path.abspath(directory)
    while True:
        place = os.path.join(folder, ".git")
        if os.path.isdir(place):
            return Repository(folder, place)
        text = _text(place).strip()
        if text.startswith("gitdir:"):
            return Repository(folder, os.path.normpath(os.path.join(folder, text[7:].strip())))
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


def read_config(path: str) -> dict[str, str]:
    """A git configuration file: ``section.key`` or ``section.name.key`` → last value."""
    values: dict[str, str] = {}
    section = ""
    for line in _text(path).splitlines():
        line = line.strip()
        if line.startswith("["):
            name, _, rest = line[1:].partition("]")
            kind, quote, inner = name.partition('"')
            section = kind.strip().lower() + (f".{inner.rpartition(quote)[0]}" if quote else "")
            line = rest.strip()
        if line and line[0] not in "#;":
            key, equals, value = line.partition("=")
            values[f"{section}.{key.strip().lower()}"] = _value(value) if equals else "true"
    return values


def _value(text: str) -> str:
    """A value without its comment and quotes."""
    out: list[str] = []
    quoted = False
    chars = iter(text.strip())
    for char in chars:
        if char == '"':
            quoted = not quoted
        elif char == "\\":
            out.append({"n": "\n", "t": "\t"}.get(following := next(chars, ""), following))
        elif char in "#;" and not quoted:
            break
        else:
            out.append(char)
    return "".join(out).rstrip()


def repository_of(url: str) -> str:
    """``owner/name`` out of a remote's address; empty where it has no two parts."""
    path = url.rstrip("/").removesuffix(".git")
    scheme, colon, rest = path.partition(":")
    if "://" in path:
        path = path.partition("://")[2].partition("/")[2]
    elif colon and "/" not in scheme:  # git@host:owner/name
        path = rest
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/".join(parts[-2:]) if len(parts) >= 2 else ""


def _offset(path: str, sha: bytes) -> int | None:
    """Where an object lies in the pack of an index (version 2)."""
    import mmap

    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _find_offset(data, sha)
    except (OSError, ValueError):
        return None


def _find_offset(data: mmap.mmap, sha: bytes) -> int | None:
    if data[:8] != b"\xfftOc\x00\x00\x00\x02":
        return None
    fanout = struct.unpack_from(">256I", data, 8)
    low, high, count = (fanout[sha[0] - 1] if sha[0] else 0), fanout[sha[0]], fanout[255]
    names = 8 + 1024
    while low < high:
        middle = (low + high) // 2
        found = data[names + 20 * middle : names + 20 * middle + 20]
        if found == sha:
            (offset,) = struct.unpack_from(">I", data, names + 24 * count + 4 * middle)
            if offset & 0x80000000:
                place = names + 28 * count + 8 * (offset & 0x7FFFFFFF)
                (offset,) = struct.unpack_from(">Q", data, place)
            return int(offset)
        if found < sha:
            low = middle + 1
        else:
            high = middle
    return None


def _packed_commit(path: str, offset: int) -> bytes | None:
    """A commit of a pack; None where it is stored as a difference to another."""
    try:
        with open(path, "rb") as pack:
            pack.seek(offset)
            first = pack.read(1)[0]
            size, shift, byte = first & 15, 4, first
            while byte & 0x80:
                byte = pack.read(1)[0]
                size |= (byte & 0x7F) << shift
                shift += 7
            if first >> 4 & 7 != 1:
                return None
            inflate = zlib.decompressobj()
            body = b""
            while len(body) < size and (data := pack.read(4096)):
                body += inflate.decompress(data)
            return body
    except OSError:
        return None


def _commit(sha: str, body: bytes) -> Commit:
    head, _, message = body.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        if not line.startswith(" "):  # the continuation of a signature
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value)
    encoding = fields.get("encoding", ["utf-8"])[0]
    try:
        text = message.decode(encoding, "replace")
    except LookupError:
        text = message.decode("utf-8", "replace")
    return Commit(
        id=sha,
        tree=fields.get("tree", [""])[0],
        parents=tuple(fields.get("parent", ())),
        author=_person(fields.get("author", [""])[0]),
        committer=_person(fields.get("committer", [""])[0]),
        message=text.rstrip("\n"),
    )


def _person(text: str) -> Person:
    who, _, when = text.rpartition("> ")
    name, _, email = who.partition(" <")
    time, _, zone = when.partition(" ")
    return Person(name, email, int(time) if time.lstrip("-").isdigit() else 0, zone or "+0000")


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _text(path: str) -> str:
    return _bytes(path).decode("utf-8", "surrogateescape")
