"""``actions/checkout``: a repository in the workspace.

Called by the engine's handler for built-in actions. One's own repository comes from the user's
working tree (:mod:`agentmesh.actions.repository.own`), another ref of it from the same clone, other
repositories from an action source. Inputs and outputs as the published action's ``action.yml`` has
them; see "Usage" in its README for what each leaves behind.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

import msgspec

from agentmesh.actions import inputs as read
from agentmesh.actions.files import inside
from agentmesh.actions.repository import copy, credentials, git, own
from agentmesh.actions.repository.own import Laid, Wanted
from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.plan.model import HOST
from agentmesh.ports.action import ActionInput, Meta, StepContext

META = Meta(
    names=("actions/checkout",),
    summary="Check out a repository",
    inputs=(
        ActionInput("repository", "${{ github.repository }}", description="Owner and name."),
        ActionInput("ref", description="Branch, tag or commit; the event's own by default."),
        ActionInput("token", "${{ github.token }}", description="Token kept for git commands."),
        ActionInput("ssh-key", description="SSH key kept for git commands."),
        ActionInput("ssh-known-hosts", description="Known hosts besides the user's."),
        ActionInput("ssh-strict", "true", description="Check host keys strictly."),
        ActionInput("ssh-user", "git", description="User at the remote SSH host."),
        ActionInput("persist-credentials", "true", description="Keep token or key for git."),
        ActionInput("path", description="Folder below the workspace."),
        ActionInput("clean", "true", description="Remove what the folder holds already."),
        ActionInput(
            "filter", description="Partial clone; objects are shared, so it saves nothing."
        ),
        ActionInput("sparse-checkout", description="Patterns, one a line."),
        ActionInput("sparse-checkout-cone-mode", "true", description="Patterns are folders."),
        ActionInput("fetch-depth", "1", description="Commits of history; 0 for all."),
        ActionInput("fetch-tags", "false", description="Tags, whatever the depth."),
        ActionInput("show-progress", "true", description="Accepted; there is no progress to show."),
        ActionInput("reference", description="Accepted; objects are always shared."),
        ActionInput("lfs", "false", description="Git LFS files."),
        ActionInput("submodules", "false", description="`true`, or `recursive`."),
        ActionInput("set-safe-directory", "true", description="Accepted; the job owns its files."),
        ActionInput("github-server-url", description="Address of the server, for `origin`."),
        ActionInput("allow-unsafe-pr-checkout", "false", description="Accepted."),
    ),
    outputs=("ref", "commit"),
    has_post=True,
    differs=(
        "One's own repository is the working tree: tracked files with their uncommitted changes, "
        "and untracked files that are not ignored (`--committed`: HEAD). HEAD is the commit that "
        "is checked out at home, on the event's branch. Objects are shared with your clone."
    ),
)
_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
_SHA = re.compile(r"[0-9a-fA-F]{40}(?:[0-9a-fA-F]{24})?\Z")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs, read and checked."""

    repository: str
    ref: str
    target: str
    server: str
    wanted: Wanted
    clean: bool
    sparse: tuple[str, ...]
    cone: bool
    lfs: bool
    is_own: bool

    @property
    def url(self) -> str:
        return self.wanted.url


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Lay the repository out; outputs ``ref`` and ``commit``."""
    order = understand(inputs, ctx)
    ctx.say(f"Syncing repository: {order.repository}")
    await ctx.in_thread(_make_room, order)
    ref, laid = await (_own(order, ctx) if order.is_own else _other(order, ctx))
    if order.lfs:
        await _lfs(order, ctx)
    if laid.missing:
        await _fetch_submodules(order, laid.missing, ctx)
    await credentials.keep(inputs, ctx, order.target, order.server)
    for note in laid.notes:
        ctx.say(note)
    place = os.path.relpath(order.target, ctx.dirs.workspace)
    ctx.say(
        f"Checked out {laid.commit or 'no commit'} ({laid.files} files)"
        + (f" into {place}" if place != "." else "")
    )
    return {"ref": ref, "commit": laid.commit}


async def lay_own(ctx: StepContext, target: str) -> Laid:
    """One's own repository, as the run sees it, in any folder: for actions that build from it."""
    given = {item.name: item.default for item in META.inputs if "${{" not in item.default}
    order = msgspec.structs.replace(understand(given, ctx), target=target)
    await ctx.in_thread(_make_room, order)
    return (await _own(order, ctx))[1]


async def post(inputs: Mapping[str, str], ctx: StepContext) -> None:
    """Take the credentials out again."""
    await credentials.remove(ctx)


def understand(inputs: Mapping[str, str], ctx: StepContext) -> Order:
    """Read the inputs. Raises AgentmeshError, in GitHub's words where it has some."""
    github = ctx.spec.github
    mine = str(github.get("repository") or ctx.spec.source.repository)
    repository = read.text(inputs, "repository") or mine
    if not _NAME.match(repository):
        raise AgentmeshError(
            f"Invalid repository '{repository}'. Expected format {{owner}}/{{repo}}.",
            remedy="Give `repository` as owner and name.",
        )
    server = read.text(inputs, "github-server-url") or str(github.get("server_url") or "")
    server = (server or "https://github.com").rstrip("/")
    submodules = read.text(inputs, "submodules").lower()
    key = read.text(inputs, "ssh-key")
    host = server.partition("://")[2]
    user = read.text(inputs, "ssh-user") or "git"
    url = f"{user}@{host}:{repository}.git" if key else f"{server}/{repository}"
    return Order(
        repository=repository,
        ref=read.text(inputs, "ref"),
        target=place(ctx.dirs.workspace, read.text(inputs, "path")),
        server=server,
        wanted=Wanted(
            url=url,
            depth=_depth(read.text(inputs, "fetch-depth")),
            tags=_yes(inputs, "fetch-tags"),
            submodules=submodules in {"true", "recursive"},
            recursive=submodules == "recursive",
            lend=ctx.spec.platform == HOST,
        ),
        clean=_yes(inputs, "clean"),
        sparse=read.lines(inputs, "sparse-checkout"),
        cone=_yes(inputs, "sparse-checkout-cone-mode"),
        lfs=_yes(inputs, "lfs"),
        is_own=repository.lower() in {mine.lower(), ctx.spec.source.repository.lower()},
    )


def _yes(inputs: Mapping[str, str], name: str) -> bool:
    """This action reads every text but ``true`` as false."""
    return read.text(inputs, name).lower() == "true"


def _depth(text: str) -> int:
    """History to fetch; what is no number counts as all of it, as in the published action."""
    return int(text) if text.isascii() and text.isdigit() else 0


def place(workspace: str, path: str) -> str:
    """The folder to fill. Raises AgentmeshError where it does not lie in the workspace."""
    target = os.path.normpath(os.path.join(workspace, path))
    if not inside(target, workspace):
        raise AgentmeshError(
            f"Repository path '{target}' is not under '{workspace}'",
            remedy="Give `path` a folder below the workspace.",
        )
    return target


def _make_room(order: Order) -> None:
    """An empty folder; with ``clean: false`` what another checkout of the same repository left
    stays, but for its ``.git``."""
    config = os.path.join(order.target, ".git", "config")
    if not order.clean and os.path.isfile(config):
        with open(config, encoding="utf-8", errors="replace") as file:
            if f"url = {order.url}\n" in file.read():
                copy.empty_folder(os.path.join(order.target, ".git"))
                os.rmdir(os.path.join(order.target, ".git"))
                return
    copy.empty_folder(order.target)


async def _own(order: Order, ctx: StepContext) -> tuple[str, Laid]:
    """One's own repository: the working tree, or another commit of it."""
    source = ctx.spec.source
    event_ref = str(ctx.spec.github.get("ref") or "")
    try:
        repository = await ctx.in_thread(git.look, source.directory)
    except FileNotFoundError:
        ctx.say("There is no git on this machine: the files come without a repository.")
        repository = None
    if repository is None:
        if order.ref and order.ref not in _names(event_ref, ctx):
            raise SetupError(
                f"'{order.ref}' cannot be checked out, as {source.directory} is no git repository",
                remedy="Run `git init` and commit there, or leave `ref` out.",
            )
        return event_ref, await ctx.in_thread(own.plain, source.directory, order.target)
    full, sha = event_ref, repository.head
    if order.ref and order.ref not in _names(event_ref, ctx):
        full, sha = await ctx.in_thread(git.find, source.directory, order.ref)
        if not sha and _is_event_sha(order.ref, ctx):
            ctx.say(f"{order.ref} is not in this clone: the working tree stands in for it.")
            full, sha = "", repository.head
        if not sha:
            return await _elsewhere(order, ctx)
    wanted = msgspec.structs.replace(order.wanted, ref=full)
    if sha != repository.head or (source.committed and sha):
        laid = await _revision(order, wanted, repository, sha, ctx)
    elif order.sparse:
        laid = await _sparse(order, wanted, repository, ctx)
    else:
        laid = await ctx.in_thread(own.working_tree, repository, order.target, wanted)
    return (order.ref or event_ref), laid


def _names(event_ref: str, ctx: StepContext) -> tuple[str, ...]:
    """What a workflow may call the event's ref."""
    prefixes = ("refs/heads/", "refs/tags/")
    short = [event_ref.removeprefix(p) for p in prefixes if event_ref.startswith(p)]
    return (event_ref, *short, str(ctx.spec.github.get("head_ref") or event_ref))


def _is_event_sha(ref: str, ctx: StepContext) -> bool:
    """Whether a commit is the event's; a payload may name one that this clone has never seen."""
    event = ctx.spec.github.get("event")
    pull = event.get("pull_request") if isinstance(event, Mapping) else None
    head = pull.get("head") if isinstance(pull, Mapping) else None
    known = {str(ctx.spec.github.get("sha") or "")}
    if isinstance(head, Mapping):
        known.add(str(head.get("sha") or ""))
    return bool(_SHA.match(ref)) and ref in known


async def _elsewhere(order: Order, ctx: StepContext) -> tuple[str, Laid]:
    """A ref that this clone does not have may still be had where other repositories come from."""
    try:
        return await _other(order, ctx)
    except AgentmeshError as error:
        raise AgentmeshError(
            f"A branch or tag with the name '{order.ref}' could not be found",
            remedy=f"Run `git fetch origin {order.ref}` in your clone. ({error.message})",
        ) from error


async def _revision(
    order: Order, wanted: Wanted, repository: git.Repository, sha: str, ctx: StepContext
) -> Laid:
    """Let git check a commit out of the objects there are."""
    await ctx.in_thread(own.prepare, repository, sha, order.target, wanted)
    if order.sparse:
        await _set_sparse(order, ctx)
    await _git(order, ctx, "reset", "--hard", "--quiet", sha)
    entries = await ctx.in_thread(git.tracked, order.target)
    files = sum(not e.skipped and e.mode != own.SUBMODULE for e in entries)
    modules = Laid()
    if wanted.submodules:
        modules = await ctx.in_thread(own.committed_modules, repository, order.target, wanted)
    return Laid(commit=sha, files=files + modules.files, missing=modules.missing)


async def _sparse(
    order: Order, wanted: Wanted, repository: git.Repository, ctx: StepContext
) -> Laid:
    """The part of the working tree that ``sparse-checkout`` names."""
    await ctx.in_thread(
        lambda: own.prepare(repository, repository.head, order.target, wanted, index=True)
    )
    await _set_sparse(order, ctx)
    entries = await ctx.in_thread(git.tracked, order.target)
    loose = await ctx.in_thread(git.untracked, repository.directory)
    keep = _cone(order.sparse) if order.cone else lambda _: False
    return await ctx.in_thread(own.fill, repository, order.target, wanted, entries, loose, keep)


def _cone(folders: tuple[str, ...]) -> Callable[[bytes], bool]:
    """Whether cone mode takes a path: in a folder that is named, or beside one on the way to it."""
    named = [os.fsencode(f.strip("/")) for f in folders]
    beside = {b""}
    for folder in named:
        while folder:
            folder = folder.rpartition(b"/")[0]
            beside.add(folder)

    def keep(path: bytes) -> bool:
        above = path.rpartition(b"/")[0]
        return above in beside or any(path.startswith(f + b"/") for f in named)

    return keep


async def _set_sparse(order: Order, ctx: StepContext) -> None:
    mode = "--cone" if order.cone else "--no-cone"
    await _git(order, ctx, "sparse-checkout", "set", mode, *order.sparse)


async def _git(order: Order, ctx: StepContext, *args: str) -> None:
    """Run git in the new repository. Raises AgentmeshError with what it says where it fails."""
    done = await ctx.run(
        ("git", "-c", "advice.detachedHead=false", *args),
        cwd=order.target,
        env={"GIT_LFS_SKIP_SMUDGE": "1", "GIT_TERMINAL_PROMPT": "0"},
        quiet=True,
    )
    if done.code != 0:
        raise AgentmeshError(
            f"git {args[0]} failed with exit code {done.code}: {done.output.strip()[-2000:]}",
            remedy="See the message of git.",
        )


async def _other(order: Order, ctx: StepContext) -> tuple[str, Laid]:
    """Another repository, from an action source."""
    ref = order.ref or "HEAD"
    fetched = await ctx.services.source.fetch(order.repository, ref)
    ctx.say(f"From {fetched.origin or fetched.directory}")
    for directory in _clones(order, fetched.directory, ctx):
        repository = await ctx.in_thread(git.look, directory)
        if repository is None:
            continue
        full, sha = await ctx.in_thread(git.find, directory, ref)
        sha = sha or await ctx.in_thread(git.commit, directory, ref)
        if ref == "HEAD":
            full = await ctx.in_thread(_branch, directory)
        if sha and fetched.commit in {"", sha}:
            wanted = msgspec.structs.replace(order.wanted, ref=full)
            return order.ref or full, await _revision(order, wanted, repository, sha, ctx)
    laid = await ctx.in_thread(own.plain, fetched.directory, order.target)
    await _commit_all(order, ctx)
    note = "Its history is not on this machine: the repository holds one commit made of its files."
    return order.ref, Laid(commit=fetched.commit, files=laid.files, notes=(note,))


def _clones(order: Order, fetched: str, ctx: StepContext) -> tuple[str, ...]:
    """Folders that may be a clone with the history of another repository."""
    sources = ctx.spec.options.action_sources
    wanted = order.repository.lower()
    named = [d for name, d in sources.items() if name.lower().partition("@")[0] == wanted]
    return tuple(dict.fromkeys([fetched, *(os.path.abspath(d) for d in named)]))


def _branch(directory: str) -> str:
    return git.read(directory, "symbolic-ref", "--quiet", "HEAD", check=False).decode().strip()


async def _commit_all(order: Order, ctx: StepContext) -> None:
    """A repository of files whose history is not there."""
    identity = ("-c", "user.name=agentmesh", "-c", "user.email=agentmesh@localhost")
    await _git(order, ctx, "init", "--quiet")
    await _git(order, ctx, "remote", "add", "origin", order.url)
    await _git(order, ctx, "add", "--all", "--force")
    await _git(order, ctx, *identity, "commit", "--quiet", "--allow-empty", "-m", order.repository)


async def _fetch_submodules(order: Order, paths: tuple[str, ...], ctx: StepContext) -> None:
    """Let git fetch submodules that the user's clone does not have."""
    depth = ("--depth", str(order.wanted.depth)) if order.wanted.depth else ()
    recursive = ("--recursive",) if order.wanted.recursive else ()
    try:
        await _git(order, ctx, "submodule", "update", "--init", *depth, *recursive, "--", *paths)
    except AgentmeshError as error:
        raise SetupError(
            f"The submodules {', '.join(paths)} could not be fetched: {error.message}",
            remedy="Run `git submodule update --init --recursive` in your clone.",
        ) from error


async def _lfs(order: Order, ctx: StepContext) -> None:
    """Replace LFS pointers by their files."""
    try:
        await _git(order, ctx, "lfs", "install", "--local")
    except AgentmeshError as error:
        raise SetupError(
            "`lfs: true` needs git-lfs, which is not on this machine",
            remedy="Install it (Debian: apt-get install git-lfs).",
        ) from error
    await _git(order, ctx, "lfs", "pull")
