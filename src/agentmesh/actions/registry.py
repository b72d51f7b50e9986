"""Which built-in action stands in for which published one: name → module, imported when used.

Called by the engine's resolver for ``uses: owner/repo/path@ref``, whatever the ref.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.ports.action import Action

_HERE = "agentmesh.actions."

ACTIONS: dict[str, str] = {
    "actions/cache": _HERE + "cache",
    "actions/cache/restore": _HERE + "cache_restore",
    "actions/cache/save": _HERE + "cache_save",
    "actions/checkout": _HERE + "checkout",
    "actions/download-artifact": _HERE + "download_artifact",
    "actions/setup-python": _HERE + "setup_python",
    "actions/upload-artifact": _HERE + "upload_artifact",
    "actions/upload-artifact/merge": _HERE + "merge_artifacts",
    "actions/upload-pages-artifact": _HERE + "pages_artifact",
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
