"""What the steps of a job share, and what the steps of one list share. Held by the engine alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from agentmesh.engine.cancel import CancelSource
from agentmesh.engine.contexts import ActionPlace
from agentmesh.engine.matchers import Matchers
from agentmesh.lang.model import ActionFile, Step, Text
from agentmesh.plan.model import JobSpec, Json
from agentmesh.ports.executor import JobDirs, Session

if TYPE_CHECKING:
    from agentmesh.core.errors import AgentmeshError
    from agentmesh.core.result import Conclusion
    from agentmesh.engine.machine import Machine
    from agentmesh.engine.masking import Masker
    from agentmesh.engine.step import StepRun
    from agentmesh.ports.action import Action
    from agentmesh.ports.event_sink import EventSink

Status = Literal["success", "failure", "cancelled"]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How a step's work ended. ``error`` is the sentence a person needs."""

    conclusion: Conclusion
    exit_code: int | None = None
    error: str = ""


NO_ACTION = ActionPlace()


class Background:
    """A background step: what runs, and how it ended."""

    __slots__ = ("conclusion", "run", "task", "told_to_end")

    def __init__(self, run: StepRun) -> None:
        self.run = run
        self.conclusion: Conclusion = "success"
        self.told_to_end = False
        self.task: asyncio.Task[None] | None = None


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """An action that has been found: built in, or a file and the folder it lies in."""

    place: ActionPlace
    builtin: Action | None = None
    file: ActionFile | None = None
    directory: str = ""


RunList = Callable[["JobState", "Frame", Sequence[Step], "StepRun | None"], Awaitable[None]]
"""Runs a list of steps: what a composite action asks for."""

Work = Callable[["StepRun"], Awaitable[Result]]
"""What a step does once its condition has been met."""


class Entry:
    """A step in a list that is about to run: what to do, in which frame, under which condition."""

    __slots__ = ("condition", "frame", "name", "phase", "state", "step", "work")

    def __init__(
        self,
        step: Step,
        frame: Frame,
        work: Work,
        *,
        phase: Literal["pre", "main", "post"] = "main",
        condition: Text | bool | None = None,
        name: str = "",
        state: dict[str, str] | None = None,
    ) -> None:
        self.step = step
        self.frame = frame
        self.work = work
        self.phase: Literal["pre", "main", "post"] = phase
        self.condition = condition
        self.name = name
        self.state = state if state is not None else {}
        """What an action keeps from pre through main to post."""


class Frame:
    """The scope of one list of steps: a job's, or a composite action's."""

    def __init__(
        self,
        *,
        inputs: dict[str, Json],
        place: ActionPlace = NO_ACTION,
        env: dict[str, str] | None = None,
        depth: int = 0,
        path: str = "",
        composite: bool = False,
        position: tuple[int, ...] = (),
    ) -> None:
        self.inputs = inputs
        self.place = place
        self.env = env or {}
        self.depth = depth
        self.path = path
        """The file that the steps stand in, for messages."""
        self.composite = composite
        self.position = position
        """Where the list stands: the indexes of the steps that lead to it."""
        self.status: Status = "success"
        self.steps: dict[str, Json] = {}
        self.background: dict[str, Background] = {}


class JobState:
    """What all steps of a job share and change."""

    def __init__(
        self,
        spec: JobSpec,
        *,
        machine: Machine,
        dirs: JobDirs,
        session: Session,
        masker: Masker,
        emit: EventSink,
        secrets: dict[str, str],
        github: dict[str, Json],
        runner: dict[str, Json],
        tasks: asyncio.TaskGroup,
        run_list: RunList,
    ) -> None:
        self.spec = spec
        self.machine = machine
        self.dirs = dirs
        self.session = session
        self.masker = masker
        self.emit = emit
        self.secrets = secrets
        self.github = github
        self.runner = runner
        self.tasks = tasks
        self.run_list = run_list
        self.env: dict[str, str] = {}
        self.paths: list[str] = []
        self.status: Status = "success"
        self.cancel = CancelSource()
        self.grace: asyncio.TimerHandle | None = None
        """Runs once the job is cancelled: how long it may take to end."""
        self.posts: list[Entry] = []
        """Post steps, to be run last in first out."""
        self.states: dict[tuple[int, ...], dict[str, str]] = {}
        """What actions keep from pre through main to post, by the position of their step."""
        self.resolved: dict[str, Resolved | AgentmeshError] = {}
        """Remote actions by ``uses``, fetched when the job starts."""
        self.copied: set[str] = set()
        """Folders of actions that the job has a copy of."""
        self.unavailable = ""
        """What this machine could not provide, where the job is skipped for it."""
        self.slots = asyncio.Semaphore(10)
        self.matchers = Matchers()
        self._numbers = 0
        self._files = 0
        self._action_names: dict[str, int] = {}

    def number(self) -> int:
        """The next step's number in the job."""
        self._numbers += 1
        return self._numbers

    def file_number(self) -> int:
        """A number for the next set of command files."""
        self._files += 1
        return self._files

    def action_name(self, base: str) -> str:
        """``github.action`` of a step without an id: ``__run``, ``__run_2``, …"""
        count = self._action_names[base] = self._action_names.get(base, 0) + 1
        return base if count == 1 else f"{base}_{count}"
