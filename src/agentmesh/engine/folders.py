"""The folders of a job: made fresh, and gone afterwards whatever the job left in them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from agentmesh.plan.model import JobSpec
from agentmesh.ports.executor import JobDirs

FEW = 400
"""So many entries are removed without help; it takes a few milliseconds."""


def make(
    work: str, files: str, spec: JobSpec, home_files: Iterable[tuple[str, bytes]] = ()
) -> JobDirs:
    """Fresh folders for a job below ``work``, its command files below ``files`` (which may be the
    same), readable for this user alone; ``home_files`` go into its HOME."""
    root = os.path.join(work, spec.run, plain(spec.key))
    small = os.path.join(files, spec.run, plain(spec.key)) if files != work else root
    name = plain(spec.source.repository.rpartition("/")[2] or "workspace")
    dirs = JobDirs(
        root=root,
        workspace=os.path.join(root, name, name),
        home=os.path.join(root, "home"),
        temp=os.path.join(root, "temp"),
        tools=os.path.join(root, "tools"),
        actions=os.path.join(root, "actions"),
        files=os.path.join(small, "files"),
    )
    os.makedirs(root, mode=0o700)
    os.makedirs(dirs.workspace)
    if small != root:
        os.makedirs(small, mode=0o700)
    for folder in (dirs.home, dirs.temp, dirs.tools, dirs.actions, dirs.files):
        os.mkdir(folder)
    for path, data in home_files:
        target = os.path.join(dirs.home, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    return dirs


def plain(text: str) -> str:
    """A text as one short, plain part of a path; different texts stay different."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in text)
    kept = kept.strip(".") or "_"
    if kept == text and len(kept) <= 60:
        return kept
    from hashlib import sha256

    return f"{kept[:40]}-{sha256(text.encode()).hexdigest()[:8]}"


async def remove_all(dirs: JobDirs) -> None:
    """Remove the folders of a job."""
    await remove(dirs.root)
    small = os.path.dirname(dirs.files)
    if small != dirs.root:
        await remove(small)


async def remove(root: str) -> None:
    """Remove a folder and all in it, also what a job made unwritable; nothing is followed."""
    if _remove_few(root, [FEW]):
        return
    await _rm(root)
    if os.path.lexists(root):
        await _run("/bin/chmod", "-R", "u+rwx", root)
        await _rm(root)


def _remove_few(root: str, budget: list[int]) -> bool:
    """Remove a small tree here; False where it is large, or does not want to go."""
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                budget[0] -= 1
                if budget[0] < 0:
                    return False
                if entry.is_dir(follow_symlinks=False):
                    if not _remove_few(entry.path, budget):
                        return False
                else:
                    os.unlink(entry.path)
        os.rmdir(root)
    except OSError:
        return False
    return True


async def _rm(root: str) -> None:
    await _run("/bin/rm", "-rf", "--one-file-system", root)


async def _run(program: str, *arguments: str) -> None:
    """Run a program beside the loop, its messages dropped, and wait for its end."""
    silent = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, silent, fd) for fd in (0, 1, 2)]
        pid = os.posix_spawn(program, (program, *arguments), {}, file_actions=actions)
    finally:
        os.close(silent)
    await asyncio.to_thread(os.waitpid, pid, 0)
