"""Which built-in action stands in for which published one: name → module, imported when used.

Called by the engine's resolver for ``uses: owner/repo/path@ref``, whatever the ref.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.ports.action import Action

_HERE = "agentmesh.actions."

ACTIONS: dict[str, str] = {
    "actions/checkout": _HERE + "checkout",
}
"""Names are lower case: GitHub ignores case in owner and repository."""


def find(name: str) -> Action | None:
    """The action for ``owner/repo`` or ``owner/repo/path``; None where there is no built-in."""
    module = ACTIONS.get(name.lower().rstrip("/"))
    if module is None:
        return None
    from importlib import import_module
    from typing import cast

    return cast("Action", import_module(module))
