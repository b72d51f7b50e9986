"""Findings of other programs about the same files: zizmor and shellcheck, where they are installed.

Handed to :mod:`agentmesh.app.lint` by :mod:`agentmesh.cli.commands.lint`. The programs are found on
PATH, or beside the Python that runs agentmesh, where the extra ``lint`` puts them. They run at the
same time, each once for many files; nothing they do needs a network.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence

from agentmesh.app.lint_program import Program
from agentmesh.core.problem import Problem
from agentmesh.lang.rules.source import Source

NAMES = ("zizmor", "shellcheck")
_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CONFIG_HOME", "ZIZMOR_CONFIG")
"""What the programs see of the environment: no tokens among it."""

Tools = Callable[[Sequence[Source]], list[Problem]]


def installed(environ: Mapping[str, str], directory: str) -> tuple[Program, ...]:
    """The programs that this machine has, to be run in a folder."""
    beside = os.path.dirname(sys.executable)
    search = os.pathsep.join(filter(None, (environ.get("PATH", os.defpath), beside)))
    env = {name: environ[name] for name in _PASSED if name in environ}
    return tuple(
        Program(name=name, path=path, env=env, directory=directory)
        for name in NAMES
        if (path := shutil.which(name, path=search))
    )


def tools(programs: Sequence[Program]) -> Tools | None:
    """What asks the programs about files; None where there are none."""
    if not programs:
        return None

    def ask(files: Sequence[Source]) -> list[Problem]:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(programs)) as pool:
            found = pool.map(lambda program: _ask(program, files), programs)
            return [problem for problems in found for problem in problems]

    return ask


def _ask(program: Program, files: Sequence[Source]) -> list[Problem]:
    if program.name == "zizmor":
        from agentmesh.app.lint_zizmor import findings
    else:
        from agentmesh.app.lint_shellcheck import findings
    return findings(program, files)
