"""The command files of one step: made empty before it, read after it.

Called by :mod:`agentmesh.engine.step`. Follows the official runner's ``FileCommandManager``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.engine import filecommands
from agentmesh.engine.contexts import StepFiles

if TYPE_CHECKING:
    from agentmesh.ports.executor import Session

SUMMARY_LIMIT = 1024 * 1024
KINDS = ("env", "output", "path", "state", "step_summary")


class Left(msgspec.Struct, kw_only=True):
    """What a step has left in its files, and what is wrong with them: a sentence, or two."""

    env: dict[str, str] = {}
    outputs: dict[str, str] = {}
    paths: tuple[str, ...] = ()
    state: dict[str, str] = {}
    summary: str = ""
    problems: tuple[str, ...] = ()
    broken: bool = False
    """Whether a file could not be read, which fails the step."""


class CommandFiles:
    """Fresh, empty files in a folder; ``number`` tells those of a step from all others."""

    def __init__(self, folder: str, number: int, session: Session) -> None:
        self._places = {kind: f"{folder}/{kind}_{number}" for kind in KINDS}
        for place in self._places.values():
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
        self.paths = StepFiles(*(session.inside(place) for place in self._places.values()))
        if session.contained:
            self.share()

    def share(self) -> None:
        """Let any user write to them; their folder keeps out whoever is in no container of ours."""
        for place in self._places.values():
            os.chmod(place, 0o666)

    def read(self) -> Left:
        """What the step wrote."""
        left = Left()
        for kind, place in self._places.items():
            try:
                size = os.stat(place).st_size
                if size:
                    _read(kind, place, size, left)
            except (filecommands.FileCommandError, AgentmeshError, OSError) as error:
                left.broken = True
                message = f"Unable to process file command '{kind}' successfully."
                left.problems += (message, str(error))
        return left


def _read(kind: str, place: str, size: int, left: Left) -> None:
    if kind == "step_summary" and size > SUMMARY_LIMIT:
        raise AgentmeshError(
            "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of "
            f"{SUMMARY_LIMIT // 1024}k, got {size // 1024}k"
        )
    with open(place, "rb") as file:
        text = filecommands.decode(file.read())
    if kind == "env":
        left.env, refused = filecommands.environment(text)
        left.problems += tuple(
            f"Can't store {name} output parameter using '$GITHUB_ENV' command." for name in refused
        )
    elif kind == "output":
        left.outputs = filecommands.pairs(text)
    elif kind == "path":
        left.paths = filecommands.paths(text)
    elif kind == "state":
        left.state = filecommands.pairs(text)
    else:
        left.summary = text
