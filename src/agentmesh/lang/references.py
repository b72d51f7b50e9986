"""What a ``uses`` refers to: owner, repository, folder and version of an action or a workflow.

Called by lint rules. Whether a reference is well formed is checked by
:mod:`agentmesh.lang.parse.uses`; how to pin one follows "Using third-party actions" in GitHub's
"Secure use reference".
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from agentmesh.lang.parse.expressions import OPEN

_COMMIT = re.compile(r"[0-9a-fA-F]{40}")
_VERSION = re.compile(r"v?\d+(\.\d+)*([.+-][\w.+-]*)?", re.ASCII)
OFFICIAL = frozenset(("actions", "github"))
"""Owners whose actions are GitHub's own."""


class Reference(msgspec.Struct, frozen=True):
    """``owner/name[/path]@ref``; owner, name and path in lower case, as GitHub ignores it."""

    owner: str
    name: str
    path: str
    ref: str

    @property
    def repository(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    @property
    def action(self) -> str:
        """``owner/name``, or ``owner/name/path``."""
        return f"{self.repository}/{self.path}" if self.path else self.repository

    @property
    def pinned(self) -> bool:
        """Whether the version is a whole commit, which nobody can move."""
        return _COMMIT.fullmatch(self.ref) is not None

    @property
    def is_version(self) -> bool:
        """Whether the version looks like a tag of a release: ``v4``, ``1.2.3``."""
        return _VERSION.fullmatch(self.ref) is not None

    @property
    def official(self) -> bool:
        """Whether it is GitHub's own."""
        return self.owner in OFFICIAL


@lru_cache(maxsize=4096)
def reference(uses: str) -> Reference | None:
    """The repository that a ``uses`` names; None for this repository's files and for images."""
    if uses.startswith(("./", "$/", ".\\", "docker://")) or OPEN in uses:
        return None
    path, at, ref = uses.partition("@")
    parts = [part for part in path.lower().split("/") if part]
    if not at or not ref or len(parts) < 2:
        return None
    return Reference(parts[0], parts[1], "/".join(parts[2:]), ref)


def foreign(uses: str, repository: str) -> Reference | None:
    """The reference of a third party: neither GitHub's own nor of this repository's owner."""
    found = reference(uses)
    if found is None or found.official:
        return None
    return None if found.owner == repository.partition("/")[0].lower() else found
