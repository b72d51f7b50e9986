"""One's own repository in a workspace: the working tree as git sees it, in a repository of its own.

Called by ``actions/checkout``. The files are the tracked ones with their uncommitted changes and
deletions, and those that are neither tracked nor ignored. ``git status`` says in the workspace what
it says at home: the index is taken over, file times are kept, and git is told to compare times and
sizes alone, so that it need not read every file again. Blocks: call it in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from agentmesh.actions.repository import copy, git, layout
from agentmesh.actions.repository.git import Ref, Repository

STAT_SETTINGS = (("trustctime", "false"), ("checkStat", "minimal"))
"""An index survives being copied with its files: inode and change time are not compared."""

SUBMODULE = "160000"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkout asks for.

    ``ref`` is a full ref, or empty for a detached HEAD; ``depth`` 0 means all history, branches and
    tags; ``lend`` whether the job can read the source's objects where they are.
    """

    url: str
    ref: str = ""
    depth: int = 1
    tags: bool = False
    submodules: bool = False
    recursive: bool = False
    lend: bool = True


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. ``notes`` are sentences that a person should see."""

    commit: str = ""
    files: int = 0
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Submodules that are not checked out in the source: git has to fetch them."""


def plain(directory: str, target: str) -> Laid:
    """A folder that is no git repository: all its files."""
    done = copy.copy_files(directory, target, copy.everything(directory), replace=True)
    note = f"{directory} is no git repository: all its files were copied, without any history."
    return Laid(files=done.files, notes=(note,))


def clone(repository: Repository, sha: str, wanted: Wanted) -> layout.Clone:
    """The new repository: refs, depth and settings as GitHub's checkout leaves them."""
    everything = wanted.depth == 0
    wanted_refs = {r.name: r for r in _head_refs(repository, sha, wanted.ref)}
    if everything:
        for ref in _branches(repository):
            wanted_refs.setdefault(ref.name, ref)
    tags: tuple[Ref, ...] = ()
    if everything or wanted.tags:
        tags = git.refs(repository.directory, "refs/tags")
        for ref in tags:
            wanted_refs.setdefault(ref.name, ref)
    shallow = repository.shallow
    if sha and not everything:
        ends = git.boundary(repository.directory, sha, wanted.depth)
        shallow = (*shallow, *ends, *(tag.commit for tag in tags))
    branch = wanted.ref.removeprefix("refs/heads/") if wanted.ref.startswith("refs/heads/") else ""
    return layout.Clone(
        url=wanted.url,
        head=sha,
        branch=branch or ("" if sha else "main"),
        refs=tuple(wanted_refs.values()) if sha else (),
        shallow=shallow,
        format=repository.format,
        objects=repository.objects,
        settings=repository.settings,
        modules=git.modules(repository.directory) if wanted.submodules else (),
    )


def _head_refs(repository: Repository, sha: str, ref: str) -> tuple[Ref, ...]:
    """The refs that a fetch of this one ref makes."""
    if ref.startswith("refs/heads/"):
        return (Ref(ref, sha), Ref("refs/remotes/origin/" + ref.removeprefix("refs/heads/"), sha))
    if ref.startswith("refs/pull/"):
        return (Ref("refs/remotes/pull/" + ref.removeprefix("refs/pull/"), sha),)
    if ref.startswith("refs/tags/"):
        there = [r for r in git.refs(repository.directory, ref) if r.name == ref]
        return tuple(there) if there and there[0].commit == sha else (Ref(ref, sha),)
    return ()


def _branches(repository: Repository) -> tuple[Ref, ...]:
    """Branches as origin would show them: those known of it, then those of this clone alone."""
    branches: dict[str, Ref] = {}
    for prefix in ("refs/remotes/origin/", "refs/heads/"):
        for ref in git.refs(repository.directory, prefix):
            name = "refs/remotes/origin/" + ref.name.removeprefix(prefix)
            if name != "refs/remotes/origin/HEAD":
                branches.setdefault(name, Ref(name, ref.sha))
    return tuple(branches.values())


def prepare(
    repository: Repository, sha: str, target: str, wanted: Wanted, *, index: bool = False
) -> None:
    """The repository without any files; with the source's index, or without one."""
    made = clone(repository, sha, wanted)
    made = msgspec.structs.replace(made, settings=(*made.settings, *STAT_SETTINGS))
    git_dir = layout.write(target, made, lend=wanted.lend)
    layout.copy_rules(repository.git_dir, git_dir)
    if index:
        layout.copy_index(repository.index, git_dir)


def working_tree(repository: Repository, target: str, wanted: Wanted) -> Laid:
    """The working tree with its changes, in a repository made for it."""
    prepare(repository, repository.head, target, wanted, index=True)
    return fill(repository, target, wanted, *git.listing(repository.directory))


def fill(
    repository: Repository,
    target: str,
    wanted: Wanted,
    entries: tuple[git.Entry, ...],
    loose: tuple[bytes, ...],
    keep: Callable[[bytes], bool] | None = None,
) -> Laid:
    """Bring the files into a prepared repository.

    With ``keep`` the entries are those of a sparse checkout: skipped ones stay away, and only
    untracked files that it accepts come along. Without, what the user's own clone has left out of
    its working tree is checked out, as a job expects all files.
    """
    paths = [e.path for e in entries if e.mode != SUBMODULE and not e.skipped]
    paths.extend(p for p in loose if not p.endswith(b"/") and (keep is None or keep(p)))
    done = copy.copy_files(repository.directory, target, paths, replace=True)
    notes = [f"Left out, as it is no file: {os.fsdecode(p)}" for p in done.odd]
    notes.extend(
        f"Left out, as it is a repository of its own: {os.fsdecode(p)}"
        for p in loose
        if p.endswith(b"/")
    )
    files = done.files
    missing: list[str] = []
    absent = [e.path for e in entries if e.skipped and e.mode != SUBMODULE]
    if keep is None and absent:
        data = b"".join(p + b"\0" for p in absent)
        git.read(target, "update-index", "--no-skip-worktree", "-z", "--stdin", data=data)
        git.read(target, "checkout-index", "--quiet", "--force", "-z", "--stdin", data=data)
        files += len(absent)
    for entry in entries:
        if entry.mode == SUBMODULE and not (keep and entry.skipped):
            laid = _submodule(repository, entry, target, wanted)
            files += laid.files
            notes.extend(laid.notes)
            missing.extend(laid.missing)
    return Laid(commit=repository.head, files=files, notes=tuple(notes), missing=tuple(missing))


def committed_modules(repository: Repository, target: str, wanted: Wanted) -> Laid:
    """The submodules of a commit that is checked out in ``target``, each at its own commit."""
    files = 0
    missing: list[str] = []
    for entry in git.tracked(target):
        if entry.mode == SUBMODULE and not entry.skipped:
            laid = _submodule(repository, entry, target, wanted, committed=True)
            files += laid.files
            missing.extend(laid.missing)
    return Laid(files=files, missing=tuple(missing))


def _submodule(
    repository: Repository,
    entry: git.Entry,
    target: str,
    wanted: Wanted,
    *,
    committed: bool = False,
) -> Laid:
    """A submodule's folder: empty, or where the checkout asks for it, its working tree or what the
    commit says; it is missing where the user's clone does not have that."""
    path = os.fsdecode(entry.path)
    place = os.path.join(target, path)
    os.makedirs(place, exist_ok=True)
    if not wanted.submodules:
        return Laid()
    there = git.look(os.path.join(repository.directory, path))
    if there is None or not (git.commit(there.directory, entry.sha) if committed else there.head):
        return Laid(missing=(path,))
    inner = Wanted(
        url=_address(repository, there),
        depth=wanted.depth,
        submodules=wanted.recursive,
        recursive=wanted.recursive,
        lend=wanted.lend,
    )
    if committed:
        prepare(there, entry.sha, place, inner)
        git.read(place, "reset", "--hard", "--quiet", entry.sha)
        laid = committed_modules(there, place, inner)
    else:
        laid = working_tree(there, place, inner)
    missing = tuple(f"{path}/{name}" for name in laid.missing)
    return msgspec.structs.replace(laid, missing=missing)


def _address(repository: Repository, submodule: Repository) -> str:
    """Where a submodule comes from, as its own clone says."""
    out = git.read(submodule.directory, "config", "--get", "remote.origin.url", check=False)
    return out.decode("utf-8", "replace").strip() or repository.directory
