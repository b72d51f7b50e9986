"""Which folder holds the images and layers of a build. Pure but for :func:`of`.

Called by the actions of ``docker/``. Layers are kept by repository, by tier of trust, by the scope
that ``cache-from`` and ``cache-to`` name, and by platform: a pull request from a fork neither reads
nor writes what a push builds on, and builds for two platforms never replace each other's layers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256

from agentmesh.actions.images.order import Order, Shelf
from agentmesh.actions.images.words import Platform, native
from agentmesh.core.errors import SetupError
from agentmesh.plan.model import JobSpec
from agentmesh.ports.action import StepContext


def of(ctx: StepContext) -> Shelf:
    """The shelf of a step. Raises SetupError where the machine lends no folder."""
    if not ctx.services.shared:
        raise SetupError(
            "this machine keeps no images between jobs", remedy="Run the job on another one."
        )
    spec = ctx.spec
    shared = os.path.join(ctx.services.shared, "images")
    repository = str(spec.github.get("repository") or spec.source.repository)
    return Shelf(
        root=os.path.join(shared, plain(repository), tier(spec)),
        shared=shared,
        temp=os.path.join(ctx.dirs.temp, "agentmesh-images"),
        machine=native(os.uname().machine),
        home=ctx.env.get("HOME", ctx.dirs.home),
        stand_ins=spec.options.images,
    )


def tier(spec: JobSpec) -> str:
    """``own``, or a name of its own for what a stranger's change, or a privileged event, runs."""
    name = str(spec.github.get("event_name") or "")
    event = spec.github.get("event")
    request = event.get("pull_request") if isinstance(event, Mapping) else None
    if name == "pull_request_target":
        return "target"
    if not name.startswith("pull_request") or not isinstance(request, Mapping):
        return "own"
    head = request.get("head")
    source = head.get("repo") if isinstance(head, Mapping) else None
    of_head = source.get("full_name") if isinstance(source, Mapping) else None
    if of_head is None or of_head == spec.github.get("repository"):
        return "own" if isinstance(source, Mapping) or head is None else "fork"
    return f"pr-{plain(str(request.get('number', '')))}"


def plain(text: str) -> str:
    """A text as one short part of a path; different texts stay different."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in text)
    kept = kept.strip(".") or "_"
    if kept == text and len(kept) <= 40:
        return kept
    return f"{kept[:30]}-{sha256(text.encode()).hexdigest()[:8]}"


def scope(order: Order) -> str:
    """The scope whose layers a build uses: that of ``cache-to``, else of ``cache-from``."""
    for cache in (*order.cache_to, *order.cache_from):
        kind = cache.get("type", "")
        if kind == "gha":
            named = cache.get("scope", "")
            return plain(f"gha-{named}") if named else "default"
        if kind == "registry":
            return plain(f"registry-{cache.get('ref', '')}")
        if kind == "local":
            # a cache that is written beside the one read, and moved there, is the same cache
            name = cache.get("dest") or cache.get("src", "")
            return plain(f"local-{name.rstrip('/').removesuffix('-new')}")
    return "default"


def storage(shelf: Shelf, scope: str, platform: Platform) -> str:
    """The storage root for one platform."""
    return os.path.join(shelf.root, scope, platform.folder)
