"""The console script.

Started by the ``agentmesh`` command. Nothing is imported here before it is known to be needed: a
version is told in the time that Python itself takes to start.
"""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # importing typing takes as long as the rest of `agentmesh --version`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main() -> NoReturn:
    """Do what the command line asks for, and end the process with the exit code.

    The process is left at once: taking a Python apart takes 20 ms, a fifth of a small run, for
    what the kernel does anyway. Whatever must be closed was closed by whoever opened it.
    """
    # Start-up makes many objects and no garbage: look for some less often than at every 700.
    gc.set_threshold(50_000, 20, 20)
    _open_what_is_closed()
    try:
        code = answer(sys.argv[1:])
    except KeyboardInterrupt:  # in an import, or while an earlier Ctrl-C was answered
        code = 130
    except OSError as error:  # of a version that cannot be written
        sys.stderr.write(f"agentmesh: error: cannot write the output: {error.strerror}\n")
        code = 3
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # nobody reads, or it is closed already
            continue
    os._exit(code)


def _open_what_is_closed() -> None:
    """Read nothing from, and write nowhere, what was closed (``>&-``): else the next file that is
    opened would be standard output."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)
            stream = open(descriptor, "w" if descriptor else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def answer(argv: Sequence[str]) -> int:
    """Do what a command line asks for; the exit code."""
    if list(argv) == ["--version"]:
        from agentmesh import __version__

        sys.stdout.write(f"agentmesh {__version__}\n")
        return 0
    from agentmesh.cli.dispatch import dispatch

    return dispatch(argv)
