"""Caches as actions use them: whose, under which key, restored before and saved after.

Called by the cache actions and by every set-up action that has a ``cache`` input. Scopes follow
"Restrictions for accessing a cache" of GitHub's documentation: a run writes the scope of its own
ref, and reads that, the pull request's base, and the default branch. So a pull request's caches are
read by itself alone. Where an event runs the default branch's code over what a stranger sent, its
caches are kept apart from the branch's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.core.errors import AgentmeshError
from agentmesh.plan.model import JobSpec
from agentmesh.ports.action import StepContext
from agentmesh.ports.cache import CacheScope, Restored

KEY = "CACHE_KEY"
MATCHED = "CACHE_RESULT"
PATHS = "CACHE_PATHS"
APART = ("pull_request_target", "issue_comment", "workflow_run")
"""Events of the default branch that others can cause."""


def scope(spec: JobSpec) -> CacheScope:
    """Whose caches a job may read and write."""
    github = spec.github
    ref = str(github.get("ref") or "refs/heads/main")
    event_name = str(github.get("event_name") or "")
    # Such a run has rights and may handle what a stranger sent: no other run reads what it saves.
    write = f"{event_name}:{ref}" if event_name in APART else ref
    read = [write, ref]
    event = github.get("event")
    repository = event.get("repository") if isinstance(event, Mapping) else None
    default = repository.get("default_branch") if isinstance(repository, Mapping) else None
    if event_name == "release" or ref.startswith("refs/tags/"):
        # What is published must not hold what an unreviewed branch has cached.
        read.extend([f"refs/heads/{default}"] if default else [])
    else:
        base = github.get("base_ref")
        read.extend([f"refs/heads/{base}"] if base else [])
        read.extend(f"refs/heads/{name}" for name in ([default] if default else ["main", "master"]))
    return CacheScope(
        repository=str(github.get("repository") or spec.source.repository),
        write=write,
        read=tuple(dict.fromkeys(read)),
    )


async def restore(
    ctx: StepContext,
    keys: tuple[str, ...],
    paths: tuple[str, ...],
    *,
    lookup_only: bool = False,
) -> Restored:
    """Restore, and remember for :func:`save` what was asked for and what was there."""
    ctx.state[KEY] = keys[0]
    ctx.state[PATHS] = "\n".join(paths)
    restored = await ctx.services.cache.restore(
        scope(ctx.spec),
        keys,
        paths,
        workspace=ctx.dirs.workspace,
        home=ctx.env.get("HOME", ctx.dirs.home),
        lookup_only=lookup_only,
    )
    if restored.hit == "none":
        because = f" ({restored.reason})" if restored.reason else ""
        ctx.say(f"Cache not found for input keys: {', '.join(keys)}{because}")
        if restored.trouble:
            ctx.annotate("warning", f"The cache is of no use: {restored.reason}")
        return restored
    ctx.state[MATCHED] = restored.key
    if lookup_only:
        ctx.say(f"Cache found and can be restored from key: {restored.key}")
    else:
        size = megabytes(restored.bytes_written)
        took = f"{restored.files_written} files, {size} in {restored.seconds:.2f} s"
        ctx.say(f"Cache restored from key: {restored.key} ({took})")
    return restored


async def save(ctx: StepContext) -> None:
    """Save what :func:`restore` was asked for, unless it was there. Never fails the job."""
    key, paths = ctx.state.get(KEY, ""), tuple(ctx.state.get(PATHS, "").splitlines())
    if not key or not paths:
        return
    if same_key(key, ctx.state.get(MATCHED, "")):
        ctx.say(f"Cache hit occurred on the primary key {key}, not saving cache.")
        await ctx.services.cache.done(
            scope(ctx.spec),
            key,
            paths,
            workspace=ctx.dirs.workspace,
            home=ctx.env.get("HOME", ctx.dirs.home),
        )
        return
    await keep(ctx, key, paths)


async def keep(ctx: StepContext, key: str, paths: tuple[str, ...]) -> None:
    """Save files under a key; what prevents it is a warning, as in the published action."""
    try:
        saved = await ctx.services.cache.save(
            scope(ctx.spec),
            key,
            paths,
            workspace=ctx.dirs.workspace,
            home=ctx.env.get("HOME", ctx.dirs.home),
        )
    except AgentmeshError as error:
        ctx.annotate("warning", f"The cache was not saved: {error}")
        return
    if saved.saved:
        size = f"{saved.files} files, {megabytes(saved.bytes_stored)} new"
        ctx.say(f"Cache saved with key: {key} ({size}, in {saved.seconds:.2f} s)")
    elif saved.trouble:
        ctx.annotate("warning", f"The cache was not saved: {saved.reason}")
    else:
        ctx.say(f"Cache not saved with key: {key}: {saved.reason}")


def same_key(one: str, other: str) -> bool:
    """Keys that differ in case only are one key, as in the published action."""
    return one.casefold() == other.casefold()


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1_048_576:.1f} MB"
