"""The cache for people: saves and restores in a workspace, and what there is.

Called by ``agentmesh cache``. The repository is the origin's owner/name, else the folder's name;
saves go to the scope of the checked-out branch, restores look there and in the default branch's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from agentmesh.core.errors import WorkflowError
from agentmesh.ports.cache import CacheScope, Restored, Saved
from agentmesh.store.care import Broken, CacheCare, Pruned, Usage
from agentmesh.store.entries import Entry
from agentmesh.store.gain import Family
from agentmesh.store.layout import Layout
from agentmesh.store.missing import Missing, Near

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings
    from agentmesh.store.cache import FileCache, Limits
    from agentmesh.store.tree import Item

__all__ = ["Broken", "Entry", "Family", "Missing", "Near", "Pruned", "Usage"]


def scope(settings: Settings) -> CacheScope:
    """Whose cache the folder that is worked in has."""
    from agentmesh.app import git

    repository = git.find(settings.directory)
    if repository is None:
        name, refs = os.path.basename(settings.directory), ["refs/heads/main"]
    else:
        from agentmesh.app.event import default_branch

        origin = repository.config().get("remote.origin.url", "")
        name = git.repository_of(origin) or os.path.basename(repository.root)
        ref = repository.head().ref or "HEAD"
        default = default_branch(repository, ref.removeprefix("refs/heads/"))
        refs = [ref, f"refs/heads/{default}"]
    return CacheScope(repository=name, write=refs[0], read=tuple(dict.fromkeys(refs)))


def limits(settings: Settings) -> Limits:
    """How much is kept: ``[retention]`` of agentmesh.toml, else GitHub's limits."""
    from agentmesh.store.cache import Limits

    gigabytes = settings.config.retention.cache_gb
    return Limits() if gigabytes is None else Limits(bytes=int(gigabytes * (1 << 30)))


def save(settings: Settings, key: str, paths: tuple[str, ...]) -> Saved:
    """Keep what the paths mean now. Raises WorkflowError for a key or path that is not allowed."""
    return _cache(settings).save_now(
        scope(settings), key, paths, settings.directory, _home(settings)
    )


def restore(settings: Settings, keys: tuple[str, ...], paths: tuple[str, ...]) -> Restored:
    """Bring back what the first key that is found holds. Raises WorkflowError as :func:`save`."""
    return _cache(settings).restore_now(
        scope(settings), keys, paths, settings.directory, _home(settings)
    )


def listed(settings: Settings, *, everywhere: bool = False) -> list[Entry]:
    """The entries of this repository, or of all, the newest first."""
    return _care(settings).listed(None if everywhere else scope(settings).repository)


def show(settings: Settings, key: str) -> tuple[Entry, list[Item]]:
    """The newest entry with a key, and what it holds. Raises WorkflowError where there is none."""
    there = listed(settings)
    found = next((entry for entry in there if entry.key == key), None)
    if found is None:
        keys = list(dict.fromkeys(entry.key for entry in there))
        known = f"its keys are {', '.join(keys[:20])}" if keys else "nothing is cached for it"
        raise WorkflowError(
            f"{scope(settings).repository} has no cache {key!r}; {known}",
            remedy="see agentmesh cache ls",
        )
    return found, _care(settings).items(found)


def usage(settings: Settings) -> tuple[list[Usage], int]:
    """How caches of all repositories are used, and the bytes on the disk."""
    care = _care(settings)
    return care.usage(), care.stored_bytes()


def prune(
    settings: Settings, *, prefix: str, days: float | None, everything: bool, everywhere: bool
) -> Pruned:
    """Drop what is old, or all, of this repository or of all of them."""
    repository = None if everywhere else scope(settings).repository
    return _care(settings).prune(repository, prefix=prefix, days=days, everything=everything)


def verify(settings: Settings) -> tuple[int, list[Broken]]:
    """Read everything back; how many entries there are, and the broken ones."""
    return _care(settings).verify()


def explain(
    settings: Settings, keys: tuple[str, ...], paths: tuple[str, ...]
) -> tuple[Entry, str] | Missing:
    """What a restore would take, or why it would find nothing."""
    where = (settings.directory, _home(settings))
    return _care(settings).explain(scope(settings), keys, paths, *where)


def _cache(settings: Settings) -> FileCache:
    from agentmesh.store.cache import FileCache

    return FileCache(Layout(settings.store), limits(settings))


def _care(settings: Settings) -> CacheCare:
    return CacheCare(Layout(settings.store), limits(settings))


def _home(settings: Settings) -> str:
    return settings.environ.get("HOME") or os.path.expanduser("~")
