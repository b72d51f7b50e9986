"""Where secret values come from."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    """Looks secrets up. Values are never logged, stored or put into a plan."""

    def names(self) -> tuple[str, ...]: ...

    def get(self, name: str) -> str | None:
        """The value, or None; names ignore case."""
        ...
