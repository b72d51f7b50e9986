"""Where actions and reusable workflows of other repositories come from."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A repository at a ref, on this machine. ``directory`` is read-only for the caller.

    ``commit`` is the full id where one is known, ``tree`` the digest of the content, ``origin``
    where it came from, for people.
    """

    directory: str
    commit: str = ""
    tree: str = ""
    origin: str = ""


class ActionSource(Protocol):
    """Fetches repositories, from a local mirror or with git."""

    async def fetch(self, repository: str, ref: str) -> Fetched:
        """``owner/repo`` at a branch, tag or commit.

        Raises SetupError with the remedy where it cannot be had, and Refused where the lock file
        names another commit or tree.
        """
        ...
