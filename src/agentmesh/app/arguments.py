"""What a run is asked to do: the options of ``agentmesh run`` and ``agentmesh plan`` as a value.

Made by :mod:`agentmesh.cli.options`, read by the parts of :mod:`agentmesh.app` that plan and run.
"""

from __future__ import annotations

import msgspec


class RunArguments(msgspec.Struct, frozen=True, kw_only=True):
    """The options by their names. Paths of files and folders are absolute, but for ``workflows``,
    which are as the user wrote them.

    ``secrets`` maps a name to its value, or to None where the value stands in the environment.
    ``matrix`` maps a key to the values that are wanted. ``command`` is the command line that asks
    for the same again, without values of secrets.
    """

    workflows: tuple[str, ...] = ()
    event: str | None = None
    event_path: str | None = None
    jobs: tuple[str, ...] = ()
    matrix: dict[str, tuple[str, ...]] = {}
    inputs: dict[str, str] = {}
    secrets: dict[str, str | None] = {}
    secret_files: tuple[str, ...] = ()
    vars: dict[str, str] = {}
    env: dict[str, str] = {}
    platforms: dict[str, str] = {}
    action_sources: dict[str, str] = {}
    builtin_actions: bool = True
    committed: bool = False
    skip_unavailable: bool = False
    mesh: str | None = None
    shell_on_failure: bool = False
    command: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without values: some of them are secrets, and a traceback may show this."""
        return f"RunArguments(workflows={self.workflows!r}, event={self.event!r}, …)"
