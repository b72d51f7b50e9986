"""What a job's steps share, and one step while it runs.

Three things that know each other: a :class:`JobState` for the whole job, a :class:`Frame` for each
list of steps (the job's, or a composite action's), and a :class:`StepRun` for each step: its
environment, its output, its processes, and what it leaves in its command files. The loop over
steps (:mod:`agentmesh.engine.steps`) makes them, asks whether a step runs, and lets a handler do
the work. Follows the official runner's ``StepsRunner`` and ``ActionRunner``, and its ADR 0274 for
outcomes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Annotated, Logged, Summarized
from agentmesh.engine import contexts, scope
from agentmesh.engine.cancel import CancelSource
from agentmesh.engine.contexts import ActionPlace
from agentmesh.engine.matchers import Matchers
from agentmesh.engine.scope import Status
from agentmesh.engine.stepfiles import CommandFiles
from agentmesh.engine.stream import StepOutput
from agentmesh.lang.expr import template
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.values import CaseSensitive, Value, to_string
from agentmesh.lang.model import ActionFile, Map, Step, Text, Tree
from agentmesh.plan.model import JobSpec, Json
from agentmesh.ports.executor import Command, JobDirs, Process, Session, Usage

if TYPE_CHECKING:
    from agentmesh.core.result import Conclusion
    from agentmesh.engine.machine import Machine
    from agentmesh.engine.masking import Masker
    from agentmesh.ports.action import Action
    from agentmesh.ports.event_sink import EventSink
    from agentmesh.ports.runtime import Pass

N = TypeVar("N", int, float)

INTERRUPT_GRACE = 7.5
"""Seconds between SIGINT and SIGTERM when a step is cancelled."""
TERMINATE_GRACE = 2.5
"""Seconds between SIGTERM and the end of the whole process tree."""


class StepFields(TypedDict):
    """Fields of every event of a step."""

    time: datetime
    job: str
    job_id: str
    key: str
    step: str
    number: int


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
        self.admitted: Pass | None = None
        """What it may do at the services that actions call, once a step has needed them."""
        self.unavailable = ""
        """What this machine could not provide, where the job is skipped for it."""
        self.slots = asyncio.Semaphore(10)
        self.matchers = Matchers(clock=machine.clock.monotonic)
        self._numbers = 0
        self._files = 0
        self._action_names: dict[str, int] = {}

    def scope(
        self, frame: Frame, env: dict[str, str], github: dict[str, Json], *, main: bool = True
    ) -> Scope:
        """The expression scope of a step; ``main`` is False for pre and post steps of actions."""
        spec = self.spec
        values: dict[str, Value] = {
            "github": github,
            "env": CaseSensitive(env),
            "vars": dict(spec.vars),
            "inputs": frame.inputs,
            "steps": frame.steps,
            "job": {"status": self.status, **self.session.context()},
            "runner": self.runner,
            "strategy": contexts.strategy(spec),
            "matrix": spec.matrix,
            "needs": contexts.needs(spec),
            "secrets": dict(self.secrets),
        }
        own: Frame | JobState = frame if frame.composite and main else self
        return Scope(
            contexts=values,
            functions=scope.functions(lambda: own.status, lambda: self.status, self.hash_files),
        )

    def hash_files(self, patterns: list[str]) -> str:
        """``hashFiles`` in the job's workspace."""
        return self.machine.hash_files(patterns, self.dirs.workspace, self.dirs.home)

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


class StepRun:
    """A step while it runs, for its handler and for the loop."""

    def __init__(self, job: JobState, entry: Entry, shown: StepRun | None = None) -> None:
        self.job = job
        self.entry = entry
        self.step = entry.step
        self.frame: Frame = entry.frame
        self.shown = shown or self
        """The step that a person sees: this one, or the one whose action it belongs to."""
        self.number: int = shown.number if shown else 0
        self.name = entry.name
        self.outputs: dict[str, str] = {}
        self.state = entry.state
        self.stopped: str | None = None
        """Why the step is being ended early, or None."""
        self.env: dict[str, str] = {}
        """The env context: what the workflow, the job, earlier steps and the step itself set."""
        self.inputs: dict[str, str] = {}
        self.action = ""
        self.last_command: Command | None = None
        self.usage = Usage()
        """What the processes of a step that is shown have taken."""
        self.annotated_error = ""
        """The first error annotation: what an action said before it failed."""
        self._lines = 0
        self._error = ""
        self._processes: list[Process] = []
        self._task: asyncio.Task[Result | AgentmeshError] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._output: StepOutput | None = None
        self._added_env: dict[str, str] = {}
        self._added_paths: list[str] = []
        self._summary: list[str] = []
        self._scope: Scope | None = None
        self._files = CommandFiles(job.dirs.files, job.file_number(), job.session)
        self.place = self.frame.place
        self._children: list[StepRun] = []
        if shown is not None:
            shown._children.append(self)
            self.stopped = "time-out" if shown.stopped == "time-out" else None

    # -- before the work -------------------------------------------------------------------------

    def prepare(self, action: str) -> None:
        """Evaluate the step's environment. Raises ExpressionError."""
        self.action = action
        self.env = {**self.job.env, **self.frame.env}
        self._scope = None
        own = self.render_map(self.step.env)
        self.env.update(own)
        self._scope = None

    @property
    def scope(self) -> Scope:
        """The expression scope as it is now."""
        if self._scope is None:
            main = self.entry.phase == "main"
            self._scope = self.job.scope(self.frame, self.env, self.github(), main=main)
        return self._scope

    def github(self) -> dict[str, object]:
        """The github context of this step."""
        return contexts.github_of_step(self.job.github, self.action, self.place, self._files.paths)

    def enter(self, place: contexts.ActionPlace) -> None:
        """From here on the step belongs to an action."""
        self.place = place
        self._scope = None

    def condition(self) -> template.Verdict:
        """Whether the step runs, as things stand. Raises ExpressionError."""
        self._scope = None
        return template.condition(self.entry.condition, self.scope)

    def render(self, text: Text | str) -> str:
        """A text with its expressions evaluated. Raises ExpressionError."""
        return template.render_text(text, self.scope)

    def render_map(self, tree: Tree) -> dict[str, str]:
        """A mapping of texts, evaluated; the whole may be one expression."""
        if tree is None or (isinstance(tree, Map) and not tree.items):
            return {}
        value = template.render(tree, self.scope)
        if not isinstance(value, dict):
            return {}
        return {to_string(k): to_string(v) for k, v in value.items()}

    # -- the work ---------------------------------------------------------------------------------

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """The complete environment of the step's processes, on top of what the job's place has or
        of ``base``."""
        job = self.job
        env = dict(job.session.base(job.machine.env) if base is None else base)
        env["HOME"] = home = job.session.inside(job.dirs.home)
        env["CI"] = "true"
        env["GITHUB_ACTIONS"] = "true"
        env.update(self.env)
        env.update(contexts.exported(self.github(), job.runner))
        for name, value in self.inputs.items():
            env[input_variable(name)] = value
        for name, value in self.state.items():
            env["STATE_" + name] = value
        path = self.env.get("PATH") or f"{home}/.local/bin:{env.get('PATH', '')}"
        env["PATH"] = contexts.search_path(job.paths, path)
        return env

    def environment_outside(self) -> dict[str, str]:
        """The same for what runs on this machine, wherever the job does: with its paths."""
        job = self.job
        if not job.session.contained:
            return self.environment()
        outside = job.session.outside
        env = self.environment(job.machine.env)
        return {name: outside(value) for name, value in env.items()}

    @property
    def directory(self) -> str:
        """Where commands run unless told otherwise."""
        return self.job.session.inside(self.job.dirs.workspace)

    async def execute(self, command: Command) -> int:
        """Run a process to its end, its output into the log. Raises SetupError."""
        self.last_command = command
        return await self.capture(command, None)

    async def capture(self, command: Command, seen: bytearray | None, *, show: bool = True) -> int:
        """Run a process to its end; its output goes into the log and is added to ``seen``."""
        if self.ending():
            return 130
        return await self.attend(await self.job.session.spawn(command), seen, show=show)

    async def attend(
        self, process: Process, seen: bytearray | None = None, *, show: bool = True
    ) -> int:
        """Follow a process that has been started to its end, as :meth:`capture` does."""
        self._processes.append(process)
        if self.ending():  # meanwhile
            process.kill()
        output = self.output
        try:
            while chunk := await process.read():
                if show:
                    output.feed(chunk)
                if seen is not None:
                    seen += chunk
            code = await process.wait()
            self._took(process.usage())
            return code
        finally:
            output.finish()
            self._processes.remove(process)

    def _took(self, usage: Usage) -> None:
        """Add what a process took to what the step has taken."""
        before = self.shown.usage
        self.shown.usage = Usage(
            _together(before.cpu_seconds, usage.cpu_seconds, lambda a, b: a + b),
            _together(before.peak_memory, usage.peak_memory, max),
        )

    async def supervise(self, work: asyncio.Task[Result | AgentmeshError]) -> Result:
        """Wait for work done in this process, which :meth:`stop` cancels."""
        self._task = work
        try:
            result = await work
            if isinstance(result, AgentmeshError):
                raise result
            return result
        except asyncio.CancelledError:
            if self.stopped is None:
                raise
            return Result(conclusion="failure", error=f"stopped: {self.stopped}")
        finally:
            self._task = None

    def ending(self) -> bool:
        """Whether the step is being ended early."""
        return self.stopped is not None

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """End the step: SIGINT, then SIGTERM, then its whole process tree, or all at once."""
        if self.stopped is None:
            self.stopped = reason
            loop = asyncio.get_running_loop()
            if not at_once:
                for process in self._processes:
                    process.interrupt()
                self._timers.append(loop.call_later(INTERRUPT_GRACE, self._terminate))
                self._timers.append(loop.call_later(INTERRUPT_GRACE + TERMINATE_GRACE, self._kill))
            if self._task is not None:
                self._task.cancel()
            if reason == "time-out":  # a cancelled job asks each step itself
                for child in self._children:
                    child.stop(reason, at_once=at_once)
        if at_once:
            self._kill()

    def _terminate(self) -> None:
        for process in self._processes:
            process.terminate()

    def _kill(self) -> None:
        for process in self._processes:
            process.kill()

    def timeout_after(self, seconds: float) -> None:
        """Fail the step when it takes longer."""
        minutes = f"{seconds / 60:g}"
        loop = asyncio.get_running_loop()

        def expire() -> None:
            message = f"The action {self.name!r} has timed out after {minutes} minutes."
            self.error(message)
            self.stop("time-out")

        self._timers.append(loop.call_later(seconds, expire))

    # -- output -----------------------------------------------------------------------------------

    @property
    def output(self) -> StepOutput:
        """Where the bytes of the step's processes go."""
        if self._output is None:
            env = self.env
            self._output = StepOutput(
                self.job.masker,
                self,
                unsecure_commands=_is_true(env.get("ACTIONS_ALLOW_UNSECURE_COMMANDS")),
                unsecure_tokens=_is_true(env.get("ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS")),
                debug=self.job.machine.debug,
                workspace=self.directory,
                matchers_of_job=self.job.matchers,
            )
        return self._output

    def share_files(self) -> None:
        """Let any user in a container write to the command files."""
        self._files.share()

    def say(self, text: str) -> None:
        """A line of our own into the log, as if the step had written it."""
        output = self.output
        output.feed(text.encode() + b"\n")
        output.finish()

    def about(self) -> StepFields:
        """The fields that all events of this step share."""
        job, shown = self.job, self.shown
        return {
            "time": job.machine.clock.now(),
            "job": job.spec.name,
            "job_id": job.spec.id,
            "key": job.spec.key,
            "step": shown.name,
            "number": shown.number,
        }

    def lines(self, text: str, count: int) -> None:
        """Masked whole lines, from the stream."""
        shown = self.shown
        first = shown._lines + 1
        self.job.emit(Logged(**self.about(), text=text, count=count, first=first))
        shown._lines += count

    def annotate(
        self,
        level: Literal["error", "warning", "notice"],
        message: str,
        properties: Mapping[str, str],
    ) -> None:
        """A masked annotation, from the stream or from the engine."""
        if level == "error" and not self.annotated_error:
            self.annotated_error = message
        self.job.emit(
            Annotated(
                **self.about(),
                level=level,
                message=message,
                title=properties.get("title", ""),
                file=properties.get("file", ""),
                line=number(properties.get("line")),
                end_line=number(properties.get("endline")),
                column=number(properties.get("col")),
                end_column=number(properties.get("endcolumn")),
            )
        )

    def error(self, message: str) -> None:
        """Say why the step fails: in the log, as an annotation, and in the step's result."""
        message = self.job.masker.mask_text(message)
        self._error = self._error or message
        for line in message.splitlines() or [""]:
            self.lines("##[error]" + line, 1)
        self.annotate("error", message, {})

    @property
    def broken_command(self) -> bool:
        """Whether a workflow command could not be carried out, which fails the step."""
        return self._output is not None and self._output.failed

    @property
    def first_error(self) -> str:
        """The first thing :meth:`error` was told."""
        return self._error

    # -- what workflow commands ask for (the stream calls these) ----------------------------------

    def set_output(self, name: str, value: str) -> None:
        self.outputs[name] = value

    def save_state(self, name: str, value: str) -> None:
        self.state[name] = value

    def set_env(self, name: str, value: str) -> None:
        self._added_env[name] = value

    def add_path(self, directory: str) -> None:
        self._added_paths.append(directory)

    def summarize(self, markdown: str) -> None:
        self._summary.append(markdown)

    # -- after the work ---------------------------------------------------------------------------

    def collect(self) -> bool:
        """Read the command files. False, with the reason in the log, where one is broken."""
        for timer in self._timers:
            timer.cancel()
        left = self._files.read()
        self._added_env.update(left.env)
        self._added_paths.extend(left.paths)
        self.outputs.update(left.outputs)
        self.state.update(left.state)
        if left.summary:
            self._summary.append(left.summary)
        for problem in left.problems:
            self.error(problem)
        return not left.broken

    def apply(self) -> None:
        """Let the steps that follow see what this one set."""
        self.job.env.update(self._added_env)
        self.job.paths.extend(self._added_paths)
        self._added_env, self._added_paths = {}, []
        if self._summary and (text := "".join(self._summary)):
            self._summary = []
            text = self.job.masker.mask_text(text)
            self.job.emit(Summarized(**self.about(), text=text))


def _together(before: N | None, now: N | None, how: Callable[[N, N], N]) -> N | None:
    """Two amounts as one, where both are known."""
    return now if before is None else before if now is None else how(before, now)


def input_variable(name: str) -> str:
    """How an action finds an input in its environment."""
    return "INPUT_" + name.replace(" ", "_").upper()


def _is_true(text: str | None) -> bool:
    return text is not None and text.lower() == "true"


def number(text: str | None) -> int:
    """A line or column of an annotation; 0 where there is none."""
    return int(text) if text and text.isdecimal() else 0


def failed(error: AgentmeshError, step: StepRun) -> Result:
    """The result of a step that an error of ours ended."""
    message = error.message + (f" — {error.remedy}" if error.remedy else "")
    step.error(message)
    return Result(conclusion="failure", error=message)
