"""Repositories of actions and reusable workflows, on this machine. Implements ports/source.py.

Called by the engine (a step's ``uses``) and by :mod:`agentmesh.app` (called workflows). In order:

1. a folder the user named for the repository (``--action-source``, ``[action-sources]``), or for
   just this ref of it. Where it is a git repository that knows the ref, that commit; else the
   folder as it stands, whatever the ref;
2. the store, for a commit that was fetched before: a full commit id, or one the lock file pins;
3. git, from the server. A ref that was looked up within the hour is not looked up again, and where
   the server cannot be reached an earlier answer is used (and ``origin`` says so).

What is handed out is a read-only tree below the store, made once: as ``git archive`` gives it
(which is what GitHub's runner downloads), links and modes kept, named by commit or by content.
Within the life of a source, which is a run, a repository at a ref is one and the same.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import Refused, SetupError
from agentmesh.ports.source import Fetched
from agentmesh.store import checkout, lockfile
from agentmesh.store.layout import make
from agentmesh.store.lockfile import Pin

if TYPE_CHECKING:
    from agentmesh.store.layout import Layout

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
_FRESH_SECONDS = 3600.0


class Remembered(msgspec.Struct, frozen=True):
    """What a ref meant when the server was last asked."""

    commit: str
    at: float


class StoreActionSource:
    """``mirrors`` maps ``owner/repo`` or ``owner/repo@ref`` to folders; ``server`` is the address
    that ``/owner/repo`` is appended to; ``lock`` is the lock file's path, empty where there is
    none; ``environ`` is what git runs with (proxies, certificates, credential helpers)."""

    def __init__(
        self,
        layout: Layout,
        *,
        mirrors: Mapping[str, str] | None = None,
        server: str = "https://github.com",
        lock: str = "",
        environ: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._layout = layout
        self._mirrors = {_folded(name): path for name, path in (mirrors or {}).items()}
        self._server = server.rstrip("/")
        self._lock = lock
        self._environ = dict(environ or {})
        self._now = clock
        self._done: dict[str, Fetched] = {}
        self._busy: dict[str, Lock] = {}

    async def fetch(self, repository: str, ref: str) -> Fetched:
        """See ports/source.py."""
        from asyncio import to_thread

        return await to_thread(self.fetch_now, repository, ref)

    def fetch_now(self, repository: str, ref: str) -> Fetched:
        """:meth:`fetch`, for callers that have no loop."""
        if not _REPOSITORY.match(repository) or ".." in repository.split("/") or not ref:
            raise SetupError(
                f"{repository}@{ref} names no repository at a ref", remedy="write owner/repo@ref"
            )
        name = f"{repository}@{ref}"
        with self._busy.setdefault(_folded(name), Lock()):
            if _folded(name) not in self._done:
                self._done[_folded(name)] = self._fetch(repository, ref, name)
            return self._done[_folded(name)]

    def _fetch(self, repository: str, ref: str, name: str) -> Fetched:
        exact = self._mirrors.get(_folded(name))
        mirror = exact or self._mirrors.get(repository.lower())
        pinned = lockfile.read(self._lock).get(name) if self._lock else None
        if mirror is not None:
            fetched = self._from_mirror(mirror, name, ref)
        else:
            fetched = self._from_server(repository, ref, pinned)
        found = Pin(fetched.commit, fetched.tree)
        if pinned is not None:
            lockfile.check(self._lock, name, pinned, found)
        elif self._lock and mirror is None:
            lockfile.add(self._lock, name, found)
        return fetched

    def _from_mirror(self, folder: str, name: str, ref: str) -> Fetched:
        if not os.path.isdir(folder):
            raise SetupError(
                f"the action source of {name} is {folder}, which is no folder",
                remedy="name an existing one with --action-source",
            )
        git = checkout.git_dir(folder)
        commit = checkout.resolve(git, ref, self._environ) if git else ""
        if commit:
            directory, tree = self._commit_tree(".mirrors", git, commit)
            return Fetched(
                directory=directory, commit=commit, tree=tree, origin=f"{folder}, {ref} there"
            )
        if git == folder:  # a bare repository has no files to fall back upon
            raise SetupError(
                f"the action source {folder} has no ref {ref!r}",
                remedy="fetch it there, or name a folder that has it",
            )
        tree = checkout.digest(folder)
        directory = self._kept(
            f".trees/{tree.partition(':')[2]}", lambda target: checkout.copy(folder, target)
        )
        origin = f"{folder} as it stands" + (f", which has no ref {ref!r}" if git else "")
        return Fetched(directory=directory, tree=tree, origin=origin)

    def _from_server(self, repository: str, ref: str, pinned: Pin | None) -> Fetched:
        address = f"{self._server}/{repository}"
        commit, remark = (pinned.commit, "pinned") if pinned and pinned.commit else ("", "")
        if not commit and _COMMIT.match(ref):
            commit = ref
        git = f"{self._layout.actions}/{repository.lower()}.git"
        with self._locked(repository):
            if not commit:
                commit, remark = self._looked_up(address, repository, ref)
            elif remark and not _COMMIT.match(ref):
                self._still_there(address, repository, ref, commit)
            if not checkout.has(git, commit, self._environ):
                checkout.fetch(git, address, commit, ref, self._environ)
            directory, tree = self._commit_tree(repository.lower(), git, commit)
        origin = f"{address}, {remark}" if remark else address
        return Fetched(directory=directory, commit=commit, tree=tree, origin=origin)

    def _still_there(self, address: str, repository: str, ref: str, commit: str) -> None:
        """A pinned ref that now means another commit is refused. Unreachable servers say nothing:
        what is pinned is in the store, or cannot be had anyway."""
        try:
            now, _ = self._looked_up(address, repository, ref)
        except SetupError:
            return
        if now != commit:
            name = f"{repository}@{ref}"
            lockfile.check(self._lock, name, Pin(commit, ""), Pin(now, ""))

    def _looked_up(self, address: str, repository: str, ref: str) -> tuple[str, str]:
        """The commit of a branch or tag, and a remark for people."""
        note = f"{self._layout.actions}/.refs/{_file_name(f'{address}@{ref}')}"
        before = _recall(note)
        if before is not None and 0 <= self._now() - before.at < _FRESH_SECONDS:
            return before.commit, ""
        try:
            commit = checkout.look_up(address, ref, self._environ)
        except checkout.Unreachable:
            if before is None:
                raise
            hours = (self._now() - before.at) / 3600.0
            return before.commit, f"as it was {hours:.0f} hours ago, as it cannot be reached now"
        make(os.path.dirname(note))
        _replace(note, msgspec.json.encode(Remembered(commit, self._now())))
        return commit, ""

    def _commit_tree(self, place: str, git: str, commit: str) -> tuple[str, str]:
        directory = self._kept(
            f"{place}/{commit}", lambda target: checkout.extract(git, commit, target, self._environ)
        )
        return directory, _digest_of(directory)

    def _kept(self, name: str, write: Callable[[str], None]) -> str:
        """A tree below the store, made by ``write`` unless it is there. Complete or absent."""
        directory = f"{self._layout.actions}/{name}"
        if not os.path.isdir(directory):
            with self._locked(name):
                if not os.path.isdir(directory):
                    self._make(directory, write)
        return directory

    def _make(self, directory: str, write: Callable[[str], None]) -> None:
        from shutil import rmtree

        from agentmesh.store import alive

        make(self._layout.tmp)
        temporary = f"{self._layout.tmp}/{alive.owner().replace('/', '!')}"
        try:
            write(temporary)
            tree = checkout.digest(temporary)
            make(os.path.dirname(directory))
            _replace(f"{directory}.digest", tree.encode())
            os.rename(temporary, directory)
        except OSError as error:
            from agentmesh.store.layout import unusable

            raise unusable(self._layout.root, error) from error
        finally:
            rmtree(temporary, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """One process, and one thread, at a time does this."""
        import fcntl

        path = f"{make(self._layout.locks)}/{_file_name(name.lower())}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _digest_of(directory: str) -> str:
    """The digest that was taken when the tree was made, compared with the tree as it is now."""
    now = checkout.digest(directory)
    with open(f"{directory}.digest", encoding="ascii") as file:
        then = file.read()
    if now != then:
        raise Refused(
            f"{directory} was changed after it was fetched",
            remedy=f"remove it (`rm -rf {directory}`), and it is made anew",
        )
    return now


def _folded(name: str) -> str:
    """Repositories ignore case, refs do not."""
    repository, at, ref = name.partition("@")
    return repository.lower() + at + ref


def _file_name(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _recall(path: str) -> Remembered | None:
    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Remembered)
    except (OSError, ValueError):
        return None


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.urandom(4).hex()}"
    with open(temporary, "xb") as file:
        file.write(data)
    os.replace(temporary, path)


def fetched_before(
    layout: Layout, repository: str, ref: str, *, server: str = "https://github.com"
) -> str:
    """The folder of ``owner/repo`` at a ref that was fetched at some time, else nothing; asks
    nobody and makes nothing, so for a branch or a tag it is what that last meant here."""
    commit = ref
    if not _COMMIT.match(ref):
        address = f"{server.rstrip('/')}/{repository}"
        before = _recall(f"{layout.actions}/.refs/{_file_name(f'{address}@{ref}')}")
        commit = before.commit if before is not None else ""
    directory = f"{layout.actions}/{repository.lower()}/{commit}"
    return directory if commit and os.path.isdir(directory) else ""
