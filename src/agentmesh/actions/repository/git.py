"""Reading a repository of this machine with git, outside the job. Blocks: call it in a thread.

A job cannot be trusted with the user's own repository, nor may a secret that looks like a file name
be masked out of a listing; so these reads are not made with the job's command runner. Nothing here
writes: optional locks are off.
"""

from __future__ import annotations

import os
import subprocess

import msgspec

from agentmesh.core.errors import SetupError

_CLEAN = (
    "env",
    # set by git itself where agentmesh is started from a hook
    *("-u", "GIT_DIR", "-u", "GIT_INDEX_FILE", "-u", "GIT_WORK_TREE", "-u", "GIT_PREFIX"),
    *("-u", "GIT_OBJECT_DIRECTORY", "-u", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
    *("GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"),
    *("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"),
)


class Ref(msgspec.Struct, frozen=True):
    """A ref: full name, the object it names, and the commit behind an annotated tag."""

    name: str
    sha: str
    peeled: str = ""

    @property
    def commit(self) -> str:
        return self.peeled or self.sha


class Entry(msgspec.Struct, frozen=True):
    """A line of the index. ``skipped``: left out of the working tree by a sparse checkout."""

    path: bytes
    mode: str
    sha: str
    skipped: bool = False


class Repository(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a repository and its working tree; all paths are absolute.

    ``head`` is the commit checked out, empty where there is none yet; ``shallow`` holds the commits
    at which its history is cut off.
    """

    directory: str
    git_dir: str
    index: str
    objects: str
    format: str = "sha1"
    head: str = ""
    shallow: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    """Settings that decide how files look in a working tree."""


_HEAD = ("rev-parse", "--quiet", "--verify", "HEAD^{commit}")
_SETTINGS = (
    *("config", "-z", "--get-regexp"),
    r"^core\.(autocrlf|eol|filemode|ignorecase|symlinks|safecrlf)$",
)
_TRACKED = ("ls-files", "-z", "-t", "-s")
_UNTRACKED = ("ls-files", "-z", "--others", "--exclude-standard")


def read(directory: str, *args: str, check: bool = True, data: bytes = b"") -> bytes:
    """What ``git ARGS`` prints in a folder. With ``check`` a failure raises SetupError; without,
    it gives nothing. Raises FileNotFoundError where there is no git."""
    return _together(directory, args, data=data)[0].text(directory, args, check=check)


class _Said(msgspec.Struct, frozen=True):
    """How a git command has ended."""

    code: int
    out: bytes
    err: bytes

    def text(self, directory: str, args: tuple[str, ...], *, check: bool = True) -> bytes:
        if self.code == 0:
            return self.out
        if self.code == 127 and b"git" in self.err:
            raise FileNotFoundError("git")
        if not check:
            return b""
        said = self.err.decode("utf-8", "replace").strip()
        raise SetupError(
            f"git {args[0]} failed in {directory}: {said}",
            remedy=f"See what `git -C {directory} {' '.join(args)}` says.",
        )


def _together(directory: str, *commands: tuple[str, ...], data: bytes = b"") -> list[_Said]:
    """Run commands beside each other: starting a program is most of what each of them costs."""
    pipe = subprocess.PIPE
    started = [
        subprocess.Popen((*_CLEAN, *args), cwd=directory, stdin=pipe, stdout=pipe, stderr=pipe)
        for args in commands
    ]
    ended = [process.communicate(data) for process in started]
    return [_Said(p.returncode, *said) for p, said in zip(started, ended, strict=True)]


def look(directory: str) -> Repository | None:
    """The repository whose root is this folder; None where there is none."""
    if not os.path.lexists(os.path.join(directory, ".git")):
        return None
    paths = (
        *("rev-parse", "--path-format=absolute", "--show-object-format", "--git-dir"),
        *("--git-path", "index", "--git-path", "objects", "--git-path", "shallow"),
    )
    places, head, settings = _together(directory, paths, _HEAD, _SETTINGS)
    out = places.text(directory, paths)
    format, git_dir, index, objects, shallow = out.decode("utf-8", "surrogateescape").splitlines()
    return Repository(
        directory=directory,
        git_dir=git_dir,
        index=index,
        objects=objects,
        format=format,
        head=head.text(directory, _HEAD, check=False).decode().strip(),
        shallow=_lines(shallow),
        settings=_settings(settings.text(directory, _SETTINGS, check=False)),
    )


def _lines(path: str) -> tuple[str, ...]:
    try:
        with open(path, encoding="ascii") as file:
            return tuple(file.read().split())
    except FileNotFoundError:
        return ()


def commit(directory: str, revision: str) -> str:
    """The full id of the commit that a revision names; empty where it names none."""
    out = read(
        directory,
        "rev-parse",
        *("--quiet", "--verify", "--end-of-options", revision + "^{commit}"),
        check=False,
    )
    return out.decode().strip()


def find(directory: str, ref: str) -> tuple[str, str]:
    """Full ref and commit of what a checkout's ``ref`` input means: a branch before a tag, a branch
    of this clone before one of its origin, else a commit. Both are empty where nothing fits."""
    candidates = (
        [(ref, ref)]
        if ref.startswith("refs/")
        else [
            (f"refs/heads/{ref}", f"refs/heads/{ref}"),
            (f"refs/heads/{ref}", f"refs/remotes/origin/{ref}"),
            (f"refs/tags/{ref}", f"refs/tags/{ref}"),
        ]
    )
    if ref.startswith("refs/heads/"):
        candidates.append((ref, "refs/remotes/origin/" + ref.removeprefix("refs/heads/")))
    for name, where in candidates:
        if sha := commit(directory, where):
            return name, sha
    if len(ref) >= 7 and all(c in "0123456789abcdefABCDEF" for c in ref):
        return "", commit(directory, ref)
    return "", ""


def tracked(directory: str) -> tuple[Entry, ...]:
    """The index, each path once."""
    return _entries(read(directory, *_TRACKED))


def _entries(out: bytes) -> tuple[Entry, ...]:
    entries: dict[bytes, Entry] = {}
    for line in out.split(b"\0"):
        if line:
            facts, _, path = line.partition(b"\t")
            tag, mode, sha, _ = facts.decode().split(" ")
            entries[path] = Entry(path, mode, sha, tag == "S")
    return tuple(entries.values())


def untracked(directory: str) -> tuple[bytes, ...]:
    """Files that are neither tracked nor ignored; a nested repository ends in a slash."""
    return _paths(read(directory, *_UNTRACKED))


def _paths(out: bytes) -> tuple[bytes, ...]:
    return tuple(path for path in out.split(b"\0") if path)


def listing(directory: str) -> tuple[tuple[Entry, ...], tuple[bytes, ...]]:
    """What :func:`tracked` and :func:`untracked` say, asked at once."""
    index, loose = _together(directory, _TRACKED, _UNTRACKED)
    return (
        _entries(index.text(directory, _TRACKED)),
        _paths(loose.text(directory, _UNTRACKED)),
    )


def refs(directory: str, *prefixes: str) -> tuple[Ref, ...]:
    """Refs below some prefixes, by name."""
    form = "--format=%(refname) %(objectname) %(*objectname)"
    out = read(directory, "for-each-ref", form, *prefixes).decode("utf-8", "surrogateescape")
    return tuple(Ref(*line.rstrip(" ").split(" ")) for line in out.splitlines())


def _settings(out: bytes) -> tuple[tuple[str, str], ...]:
    """Names and values of settings, the last value of each."""
    found = {}
    for item in out.decode("utf-8", "replace").split("\0"):
        if item:
            name, _, value = item.partition("\n")
            found[name.removeprefix("core.")] = value
    return tuple(found.items())


def modules(directory: str) -> tuple[tuple[str, str], ...]:
    """Name and address of each submodule that is in use in a clone."""
    out = read(directory, "config", "-z", "--get-regexp", r"^submodule\..*\.url$", check=False)
    found = []
    for item in out.decode("utf-8", "surrogateescape").split("\0"):
        if item:
            name, _, address = item.partition("\n")
            found.append((name.removeprefix("submodule.").removesuffix(".url"), address))
    return tuple(found)


def boundary(directory: str, sha: str, depth: int) -> tuple[str, ...]:
    """The commits at which history ends when only ``depth`` (1 or more) steps of it are wanted."""
    if depth == 1:
        return (sha,)
    parents: dict[str, list[str]] = {}
    for line in read(directory, "rev-list", "--parents", sha).decode().splitlines():
        first, *rest = line.split(" ")
        parents[first] = rest
    level, seen = {sha}, {sha}
    for _ in range(depth - 1):
        level = {p for c in level for p in parents.get(c, ()) if p not in seen}
        seen |= level
    return tuple(c for c in sorted(level) if parents.get(c))
