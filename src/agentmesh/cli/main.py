"""The console script.

Started by the ``agentmesh`` command. Nothing is imported here before it is known to be needed: a
version is told in the time that Python itself takes to start.
"""

from __future__ import annotations

import sys


def main() -> int:
    """Do what the command line asks for; the exit code."""
    if sys.argv[1:] == ["--version"]:
        from agentmesh import __version__

        sys.stdout.write(f"agentmesh {__version__}\n")
        return 0
    from agentmesh.cli.dispatch import dispatch

    return dispatch(sys.argv[1:])
