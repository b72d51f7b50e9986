"""The shell that a person gets at a step that failed (``--shell-on-failure``).

Pure: what the step ran in, what a terminal is to run there. Called by the command line's hook.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agentmesh.ports.executor import Command


def at_failure(failed: Command, environ: Mapping[str, str]) -> Command:
    """An interactive shell in the exact environment and folder of a command that failed.

    ``environ`` is the user's own: the kind of the terminal comes from it.
    """
    terminal = {name: environ[name] for name in ("TERM", "COLORTERM") if name in environ}
    env = {**failed.env, **terminal, "PS1": r"[failed step] \w \$ "}
    # without rc files: they belong to another HOME and would change what is to be looked at
    argv = ("bash", "--noprofile", "--norc", "-i")
    return msgspec.structs.replace(failed, argv=argv, env=env, terminal=True)
