"""Where actions and workflows of other repositories come from, on this machine.

Called by :mod:`agentmesh.app.plan` for called workflows and by :mod:`agentmesh.app.machine` for
actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.app.arguments import RunArguments
    from agentmesh.app.settings import Settings
    from agentmesh.ports.source import ActionSource


def action_source(settings: Settings, arguments: RunArguments) -> ActionSource:
    """Folders that the user named (the command line wins over the configuration), then git."""
    from agentmesh.store import lockfile
    from agentmesh.store.action_source import StoreActionSource
    from agentmesh.store.layout import Layout

    return StoreActionSource(
        Layout(settings.store),
        mirrors={**settings.config.action_sources, **arguments.action_sources},
        lock=lockfile.find(settings.directory),
        environ=settings.environ,
    )
