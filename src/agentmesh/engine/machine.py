"""What a machine lends to the jobs it runs. Made by :mod:`agentmesh.app`, read by the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from agentmesh.ports.action import Action, Services
from agentmesh.ports.clock import Clock
from agentmesh.ports.executor import Command, Containers, Executor
from agentmesh.ports.runtime import Runtime

ShellHook = Callable[[str, Command], Awaitable[Command | None]]
"""Asked when a step has failed: its name and what it ran; answers what to give the terminal to."""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Parts and facts of one machine.

    ``executor`` makes the places of jobs that need no container, ``containers`` all others (the
    same each time, made when first asked for).
    ``env`` is the environment that all jobs start from. ``which`` finds a program on a PATH.
    """

    name: str
    arch: str
    work: str
    """Folder below which each job gets its own."""
    files: str
    """The same for small, short-lived files, on a file system in memory where there is one."""
    env: Mapping[str, str]
    executor: Callable[[], Executor]
    containers: Callable[[], Containers]
    services: Callable[[], Services]
    """The same each time; made when first asked for, as most runs need none."""
    clock: Clock
    find_action: Callable[[str], Action | None]
    hash_files: Callable[[Sequence[str], str, str], str]
    """Patterns, the workspace, HOME → a digest."""
    which: Callable[[str, str], str | None]
    node: Callable[[], str]
    """The node binary for JavaScript actions; raises SetupError where there is none."""
    home_files: tuple[tuple[str, bytes], ...] = ()
    """Files for each job's fresh HOME: path below it, content."""
    passwords: tuple[str, ...] = ()
    """Values in ``env`` that are masked like secrets."""
    shell_hook: ShellHook | None = None
    runtime: Callable[[], Runtime] | None = None
    """The services that actions call; started when first asked for, the same each time."""
    close: Callable[[], None] = lambda: None
    """End what was started for the run."""
    debug: bool = False
