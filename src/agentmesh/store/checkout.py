"""What action_source.py does with git and with trees of files: look up, fetch, extract, digest.

Git is run without prompts and with time limits. Addresses go to git alone; none is ever part of
what is kept. Blocking: called from threads.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping

from agentmesh.core.errors import SetupError
from agentmesh.store import tree
from agentmesh.store.layout import make

LOOK_UP_SECONDS = 30.0
FETCH_SECONDS = 600.0
_LOCAL_SECONDS = 120.0
_QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "20",
    "LC_ALL": "C",
}


class Unreachable(SetupError):
    """The server cannot be asked now."""


def git_dir(folder: str) -> str:
    """The repository that a folder is the root of: its ``.git``, or itself where it is bare;
    empty where it is a plain folder."""
    dot = os.path.join(folder, ".git")
    if os.path.exists(dot):
        return dot
    bare = all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs"))
    return folder if bare else ""


def resolve(git: str, ref: str, environ: Mapping[str, str]) -> str:
    """The commit a repository's ref means: a branch or tag, one of its remote, or a commit id;
    empty where it knows none."""
    names = [f"refs/tags/{ref}", f"refs/heads/{ref}", f"refs/remotes/origin/{ref}", ref]
    for name in names if re.match(r"[0-9a-f]{7,64}\Z", ref) else names[:3]:
        code, output, _ = _git(
            (*_place(git), "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"), environ
        )
        if code == 0:
            return output.decode().strip()
    return ""


def has(git: str, commit: str, environ: Mapping[str, str]) -> bool:
    """Whether a commit is in a repository of the store."""
    if not os.path.isdir(git):
        return False
    code, _, _ = _git((f"--git-dir={git}", "cat-file", "-e", f"{commit}^{{commit}}"), environ)
    return code == 0


def look_up(address: str, ref: str, environ: Mapping[str, str]) -> str:
    """Ask a server for the commit of a tag or branch.

    Raises Unreachable where it does not answer, SetupError where it has no such ref.
    """
    wanted = (f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", f"refs/heads/{ref}")
    code, output, error = _git(("ls-remote", "--", address, *wanted), environ, LOOK_UP_SECONDS)
    if code != 0:
        raise _unreachable(address, error)
    lines = (line.split("\t") for line in output.decode().splitlines())
    found = {name: commit for commit, name in lines}
    for name in wanted:
        if name in found:
            return found[name]
    raise SetupError(
        f"{address} has no branch or tag {ref!r}",
        remedy="correct the ref; GitHub takes branches, tags and full commit ids",
    )


def fetch(git: str, address: str, commit: str, ref: str, environ: Mapping[str, str]) -> None:
    """Get a commit without its history. Raises Unreachable."""
    if not os.path.isdir(git):
        make(os.path.dirname(git))
        _checked(("init", "--quiet", "--bare", git), environ)
    base = (f"--git-dir={git}", "fetch", "--quiet", "--no-tags", "--depth=1", "--", address)
    code, _, error = _git((*base, commit), environ, FETCH_SECONDS)
    if code != 0 and ref != commit:  # a server that gives no commits, only what refs name
        code, _, error = _git((*base, ref), environ, FETCH_SECONDS)
    if code != 0:
        raise _unreachable(address, error)
    if not has(git, commit, environ):
        raise SetupError(
            f"{address} did not give commit {commit}",
            remedy="the ref may just have moved: try again",
        )


def extract(git: str, commit: str, target: str, environ: Mapping[str, str]) -> None:
    """Write a commit's files. Raises SetupError where git cannot."""
    import io
    import tarfile

    data = _checked((*_place(git), "archive", "--format=tar", commit), environ)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive, tree.TreeWriter(target) as writer:
        for member in archive:
            path = member.name.rstrip("/")
            mtime = int(member.mtime) * 10**9
            if member.issym():
                item = tree.Item(tree.LINK, "w", path, mtime=mtime, target=member.linkname)
            elif member.isdir():
                item = tree.Item(tree.FOLDER, "w", path, 0o755, mtime)
            elif member.isreg():
                mode = 0o755 if member.mode & 0o100 else 0o644
                item = tree.Item(tree.FILE, "w", path, mode, mtime, member.size)
            else:
                continue
            file = archive.extractfile(member) if member.isreg() else None
            writer.add(item, lambda file=file: iter((file.read(),) if file else ()))  # type: ignore[misc]
        writer.finish()


def copy(source: str, target: str) -> None:
    """Copy a folder's files, links as links, without its ``.git``."""
    with tree.TreeWriter(target) as writer:
        for path, place, status in _listed(source):
            mtime = status.st_mtime_ns
            if stat.S_ISLNK(status.st_mode):
                link = os.readlink(place)
                item = tree.Item(tree.LINK, "w", path, mtime=mtime, target=link)
            elif stat.S_ISDIR(status.st_mode):
                item = tree.Item(tree.FOLDER, "w", path, 0o755, mtime)
            else:
                mode = 0o755 if status.st_mode & 0o100 else 0o644
                item = tree.Item(tree.FILE, "w", path, mode, mtime, status.st_size)
            writer.add(item, lambda place=place: _chunks(place))  # type: ignore[misc]
        writer.finish()


def digest(folder: str) -> str:
    """``blake3:…`` over all names, kinds, executable bits and contents below a folder, but for
    ``.git`` and empty folders: what git would keep. Times and owners do not count."""
    from blake3 import blake3

    whole = blake3()
    for path, place, status in _listed(folder):
        if stat.S_ISDIR(status.st_mode):
            continue
        if stat.S_ISLNK(status.st_mode):
            kind, content = b"l", blake3(os.fsencode(os.readlink(place))).digest()
        else:
            kind = b"x" if status.st_mode & 0o100 else b"f"
            hasher = blake3()
            for chunk in _chunks(place):
                hasher.update(chunk)
            content = hasher.digest()
        name = os.fsencode(path)
        whole.update(kind + len(name).to_bytes(4, "big") + name + content)
    return f"blake3:{whole.hexdigest()}"


def _listed(folder: str) -> Iterator[tuple[str, str, os.stat_result]]:
    """Folders, files and links below a folder, in order of their names' bytes. Others are not
    files that a repository could have."""
    stack = [""]
    while stack:
        path = stack.pop()
        place = os.path.join(folder, path) if path else folder
        status = os.lstat(place)
        if path:
            if stat.S_IFMT(status.st_mode) not in (stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
                continue
            yield path, place, status
        if stat.S_ISDIR(status.st_mode):
            names = sorted(os.listdir(place), key=os.fsencode, reverse=True)
            prefix = f"{path}/" if path else ""
            stack.extend(prefix + name for name in names if path or name != ".git")


def _chunks(place: str) -> Iterator[bytes]:
    with open(place, "rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _place(git: str) -> tuple[str, ...]:
    """How git is told about a repository."""
    if os.path.isfile(git):  # a worktree or submodule: git finds its way from the folder
        return "-C", os.path.dirname(git)
    return (f"--git-dir={git}",)


def _checked(arguments: tuple[str, ...], environ: Mapping[str, str]) -> bytes:
    code, output, error = _git(arguments, environ)
    if code != 0:
        raise SetupError(f"git {arguments[1]} failed: {error}", remedy="see git's own message")
    return output


def _git(
    arguments: tuple[str, ...], environ: Mapping[str, str], seconds: float = _LOCAL_SECONDS
) -> tuple[int, bytes, str]:
    """Run git: exit code, output, and its last word on failure. Repositories of other owners are
    the user's choice (``safe.directory``)."""
    import subprocess

    env = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k in _KEPT} | _QUIET
    command = ("git", "-c", "safe.directory=*", *arguments)
    try:
        done = subprocess.run(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise SetupError("git is not installed", remedy="install it (apt install git)") from error
    except subprocess.TimeoutExpired:
        return 124, b"", f"no answer within {seconds:.0f} s"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return done.returncode, done.stdout, lines[-1] if lines else f"exit code {done.returncode}"


_KEPT = {
    "GIT_SSL_CAINFO",
    "GIT_SSL_NO_VERIFY",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
}


def _unreachable(address: str, error: str) -> Unreachable:
    # An address may hold credentials, in the environment's or git's own settings.
    error = re.sub(r"//[^/@\s]+@", "//***@", error)
    return Unreachable(
        f"cannot fetch {re.sub(r'//[^/@]+@', '//***@', address)}: {error}",
        remedy="where there is no network, name a local copy with --action-source "
        "OWNER/REPO=DIR, or [action-sources] in agentmesh.toml",
    )
