"""Ids of jobs and steps: what they may look like.

Called by the modules of :mod:`agentmesh.lang.parse`. Follows ``Conversion/IdBuilder.cs`` of the
runner.
"""

from __future__ import annotations

import re

MAX_LENGTH = 100
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def wrong_id(name: str) -> str:
    """What is wrong with an id, in GitHub's words; empty where nothing is."""
    if not _ID.fullmatch(name) or len(name) >= MAX_LENGTH:
        return (  # The doubled word is GitHub's.
            f"The identifier '{name}' is invalid. IDs may only contain alphanumeric characters, "
            "'_', and '-'. IDs must start with a letter or '_' and and must be less than "
            f"{MAX_LENGTH} characters."
        )
    if name.startswith("__"):
        return f"The identifier '{name}' is invalid. IDs starting with '__' are reserved."
    return ""
