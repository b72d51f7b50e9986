"""The errors a user can meet: what went wrong, where, and what to do about it.

Raised anywhere, caught once: by the command line, which prints them and exits with
:attr:`AgentmeshError.exit_code`. A failed step is a conclusion and a lint finding is a value;
neither is an exception. Whatever else reaches the command line is a bug of ours (exit 70).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentmesh.core.problem import Problem, Span


class AgentmeshError(Exception):
    """Something a user can understand and mend.

    ``message`` says what is wrong, ``where`` names the place in a file if there is one, and
    ``remedy`` is an imperative sentence that says what to do.
    """

    exit_code = 1

    def __init__(self, message: str, *, where: Span | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  remedy: {self.remedy}" if self.remedy else ""
        return f"{place}{self.message}{remedy}"


class WorkflowError(AgentmeshError):
    """Your file or your command line: unusable input. ``problems`` holds every finding, sorted."""

    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        where: Span | None = None,
        remedy: str = "",
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.problems = problems


class SetupError(AgentmeshError):
    """Your machine: something is missing; ``remedy`` says how to get it."""

    exit_code = 3


class Unavailable(SetupError):
    """This machine cannot provide what a job asks for (an operating system, a Python version).

    ``--skip-unavailable`` turns the job into a skipped one that carries the message.
    """


class Refused(AgentmeshError):
    """A gate or a policy said no."""

    exit_code = 4
