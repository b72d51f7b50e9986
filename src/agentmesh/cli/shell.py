"""What happens on the terminal when a step has failed and ``--shell-on-failure`` was given.

The hook is asked by the engine; it takes the live view away, says what is about to happen and
answers with the shell to give the terminal to.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from agentmesh.app.shell import at_failure
from agentmesh.cli.render.sink import View
from agentmesh.ports.executor import Command


class ShellOnFailure:
    """The hook of one run."""

    def __init__(self, view: View, environ: Mapping[str, str]) -> None:
        self._view = view
        self._environ = environ

    async def __call__(self, step: str, failed: Command, /) -> Command | None:
        self._view.pause(step)
        sys.stderr.write(
            f"\n{step!r} has failed. This is a shell in its place, with its environment;"
            " what ran was:\n"
            f"  {' '.join(failed.argv)}\n"
            "Leave it with Ctrl-D or exit, and the job goes on.\n\n"
        )
        sys.stderr.flush()
        return at_failure(failed, self._environ)
