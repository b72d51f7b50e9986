"""The services that steps call on GitHub: caches, artifacts, identity tokens.

The engine asks for them when a step first needs them; a run without such a step has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, Protocol

from agentmesh.plan.model import JobSpec
from agentmesh.ports.archives import Place

StepKind = Literal["node", "container", "script"]


class Pass(Protocol):
    """What one job may do there. It ends with the job."""

    secrets: tuple[str, ...]
    """Values of :meth:`variables` that must never be shown."""

    def variables(self, kind: StepKind) -> Mapping[str, str]:
        """Environment that a step of a kind gets: addresses and tokens."""
        ...

    def name_paths(self, paths: Iterable[str]) -> None:
        """Files that a step was told to cache: an archive of the job's may hold them."""
        ...

    def revoke(self) -> None:
        """From now on the tokens and addresses are good for nothing. May be called twice."""
        ...


class Runtime(Protocol):
    """The services of one run."""

    def admit(
        self, spec: JobSpec, place: Place, *, identity: bool, warn: Callable[[str], None]
    ) -> Pass:
        """Let a job in. ``identity`` allows tokens that say who it is; ``warn`` is called, from
        any thread, with what a person should know. Raises SetupError where it cannot start."""
        ...

    def close(self) -> None:
        """End all of it. May be called twice."""
        ...
