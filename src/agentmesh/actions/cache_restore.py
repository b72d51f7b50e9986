"""``actions/cache/restore``: the first half of ``actions/cache``, saving nothing."""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.actions import cache
from agentmesh.ports.action import Meta, StepContext, no_post

META = Meta(
    names=("actions/cache/restore",),
    summary="Restore files of an earlier run",
    inputs=tuple(item for item in cache.META.inputs if item.name != "save-always"),
    outputs=cache.META.outputs,
    differs=cache.META.differs,
)
post = no_post


async def run(inputs: Mapping[str, str], ctx: StepContext) -> Mapping[str, str]:
    """Restore; outputs say what matched."""
    return await cache.restored(inputs, ctx)
