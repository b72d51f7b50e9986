"""Writes a repository's ``.git`` folder for a workspace, without running git.

What ``actions/checkout`` leaves behind, by hand: HEAD on the event's branch or detached, the refs
and the depth that were asked for, ``origin`` at the server's address. Objects are lent by the
source repository (``objects/info/alternates``), which git reads and never writes, so nothing a job
does can reach the source. Where the job cannot see the source (a container) they are linked or
copied.
"""

from __future__ import annotations

import os

import msgspec

from agentmesh.actions.repository.copy import copy_file
from agentmesh.actions.repository.git import Ref

_CONFIG = """[core]
\trepositoryformatversion = {version}
\tbare = false
\tlogallrefupdates = true
{settings}[gc]
\tauto = 0
[remote "origin"]
\turl = {url}
\tfetch = +refs/heads/*:refs/remotes/origin/*
"""
_BRANCH = """[branch "{branch}"]
\tremote = origin
\tmerge = refs/heads/{branch}
"""


class Clone(msgspec.Struct, frozen=True, kw_only=True):
    """What a new repository is to look like.

    ``branch`` is the branch HEAD is on, empty for a detached HEAD; ``head`` the commit, empty in a
    repository without any. ``shallow`` holds the commits without their parents.
    """

    url: str
    head: str
    branch: str = ""
    refs: tuple[Ref, ...] = ()
    shallow: tuple[str, ...] = ()
    format: str = "sha1"
    objects: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    modules: tuple[tuple[str, str], ...] = ()
    """Name and address of each submodule in use."""


def write(directory: str, clone: Clone, *, lend: bool = True) -> str:
    """Make ``directory/.git``; its path. ``lend`` False copies the objects."""
    git_dir = os.path.join(directory, ".git")
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info", "hooks"):
        os.makedirs(os.path.join(git_dir, folder))
    _file(
        git_dir, "HEAD", f"ref: refs/heads/{clone.branch}\n" if clone.branch else clone.head + "\n"
    )
    _file(git_dir, "config", _config(clone))
    if clone.refs:
        _file(git_dir, "packed-refs", _packed(clone.refs))
    if clone.shallow:
        _file(git_dir, "shallow", "".join(f"{sha}\n" for sha in sorted(set(clone.shallow))))
    if clone.objects and lend:
        _file(git_dir, "objects/info/alternates", clone.objects + "\n")
    elif clone.objects:
        _copy_objects(clone.objects, os.path.join(git_dir, "objects"))
    return git_dir


def _file(git_dir: str, name: str, text: str) -> None:
    with open(os.path.join(git_dir, name), "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)


def _config(clone: Clone) -> str:
    settings = "".join(f"\t{name} = {_quoted(value)}\n" for name, value in clone.settings)
    text = _CONFIG.format(
        version=0 if clone.format == "sha1" else 1, settings=settings, url=_quoted(clone.url)
    )
    if clone.format != "sha1":
        text += f"[extensions]\n\tobjectformat = {clone.format}\n"
    if clone.branch:
        text += _BRANCH.format(branch=_escaped(clone.branch))
    for name, address in clone.modules:
        text += f'[submodule "{_escaped(name)}"]\n\tactive = true\n\turl = {_quoted(address)}\n'
    return text


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _quoted(value: str) -> str:
    """A value as git's configuration wants it."""
    if value and all(c.isalnum() or c in "._-/:@+=~%" for c in value):
        return value
    escaped = _escaped(value).replace("\n", "\\n")
    return f'"{escaped}"'


def _packed(refs: tuple[Ref, ...]) -> str:
    """The packed-refs file: sorted, each annotated tag followed by its commit."""
    lines = ["# pack-refs with: peeled fully-peeled sorted \n"]
    for ref in sorted(refs, key=lambda r: r.name.encode("utf-8", "surrogateescape")):
        lines.append(f"{ref.sha} {ref.name}\n")
        if ref.peeled:
            lines.append(f"^{ref.peeled}\n")
    return "".join(lines)


def _copy_objects(source: str, target: str) -> None:
    """Give a repository objects of its own: links to files that never change, or copies."""
    import shutil

    shutil.copytree(
        source,
        target,
        copy_function=_link,
        ignore=shutil.ignore_patterns("info", "tmp_*"),
        dirs_exist_ok=True,
    )
    alternates = os.path.join(source, "info", "alternates")
    if os.path.exists(alternates):
        with open(alternates, encoding="utf-8", errors="surrogateescape") as file:
            for line in file.read().splitlines():
                if line and not line.startswith("#"):
                    _copy_objects(os.path.normpath(os.path.join(source, line)), target)


def _link(source: str, target: str) -> None:
    if os.path.exists(target):
        return
    try:
        os.link(source, target)
    except OSError:
        import shutil

        shutil.copy2(source, target)


def copy_index(index: str, git_dir: str) -> None:
    """Take over an index with its own time: git compares it with those of the files."""
    if not os.path.exists(index):
        return
    _copy(index, os.path.join(git_dir, "index"))
    folder = os.path.dirname(index)
    for name in os.listdir(folder):
        if name.startswith("sharedindex."):
            _copy(os.path.join(folder, name), os.path.join(git_dir, name))


def _copy(source: str, target: str) -> None:
    copy_file(os.fsencode(source), os.fsencode(target))


def copy_rules(source_git_dir: str, git_dir: str) -> None:
    """Take over what a clone ignores, and how it treats files, by its own settings."""
    for name in ("info/exclude", "info/attributes"):
        source = os.path.join(source_git_dir, name)
        if os.path.exists(source):
            _copy(source, os.path.join(git_dir, name))
