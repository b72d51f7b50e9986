"""One step: its environment, its output, its processes, and what it leaves in its command files.

The loop over steps (:mod:`agentmesh.engine.steps`) makes a :class:`StepRun` for each step, asks it
whether the step runs, and lets a handler do the work through it. Follows the official runner's
``StepsRunner``, ``ActionRunner`` and ``FileCommandManager``, and its ADR 0274 for outcomes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Annotated, Logged, Summarized
from agentmesh.engine import contexts, filecommands, scope
from agentmesh.engine.frame import Entry, Frame, JobState, Result
from agentmesh.engine.stream import StepOutput
from agentmesh.lang.expr import template
from agentmesh.lang.expr.values import to_string
from agentmesh.lang.model import Map, Text, Tree
from agentmesh.ports.executor import Command, Process

if TYPE_CHECKING:
    from agentmesh.lang.expr.eval import Scope

SUMMARY_LIMIT = 1024 * 1024
INTERRUPT_GRACE = 7.5
"""Seconds between SIGINT and SIGTERM when a step is cancelled."""
TERMINATE_GRACE = 2.5
"""Seconds between SIGTERM and the end of the whole process tree."""


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
        self._files = self._make_files()
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
            self._scope = scope.of_step(
                self.job,
                self.frame,
                self.env,
                self.github(),
                main=self.entry.phase == "main",
            )
        return self._scope

    def github(self) -> dict[str, object]:
        """The github context of this step."""
        return contexts.github_of_step(self.job.github, self.action, self.place, self._files)

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

    def environment(self) -> dict[str, str]:
        """The complete environment of the step's processes."""
        job = self.job
        env = dict(job.machine.env)
        env["HOME"] = job.dirs.home
        env["CI"] = "true"
        env["GITHUB_ACTIONS"] = "true"
        env["ACT"] = "true"
        env.update(self.env)
        env.update(contexts.exported(self.github(), job.runner))
        for name, value in self.inputs.items():
            env[input_variable(name)] = value
        for name, value in self.state.items():
            env["STATE_" + name] = value
        env["PATH"] = contexts.search_path(job.paths, self.env.get("PATH", env.get("PATH", "")))
        return env

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
        process = await self.job.session.spawn(command)
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
            return await process.wait()
        finally:
            output.finish()
            self._processes.remove(process)

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

    def say(self, text: str) -> None:
        """A line of our own into the log, as if the step had written it."""
        output = self.output
        output.feed(text.encode() + b"\n")
        output.finish()

    def lines(self, text: str, count: int) -> None:
        """Masked whole lines, from the stream."""
        shown = self.shown
        job = self.job
        job.emit(
            Logged(
                time=job.machine.clock.now(),
                job=job.spec.name,
                job_id=job.spec.id,
                key=job.spec.key,
                step=shown.name,
                number=shown.number,
                text=text,
                count=count,
                first=shown._lines + 1,
            )
        )
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
        job, shown = self.job, self.shown
        job.emit(
            Annotated(
                time=job.machine.clock.now(),
                job=job.spec.name,
                job_id=job.spec.id,
                key=job.spec.key,
                step=shown.name,
                number=shown.number,
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
        whole = True
        for kind in ("env", "output", "path", "state", "step_summary"):
            try:
                self._take(kind)
            except (filecommands.FileCommandError, AgentmeshError, OSError) as error:
                whole = False
                self.error(f"Unable to process file command '{kind}' successfully.")
                self.error(str(error))
        return whole

    def apply(self) -> None:
        """Let the steps that follow see what this one set."""
        self.job.env.update(self._added_env)
        self.job.paths.extend(self._added_paths)
        self._added_env, self._added_paths = {}, []
        if self._summary and (text := "".join(self._summary)):
            self._summary = []
            job, shown = self.job, self.shown
            job.emit(
                Summarized(
                    time=job.machine.clock.now(),
                    job=job.spec.name,
                    job_id=job.spec.id,
                    key=job.spec.key,
                    step=shown.name,
                    number=shown.number,
                    text=job.masker.mask_text(text),
                )
            )

    def _take(self, kind: str) -> None:
        path = self._host_files[kind]
        if os.stat(path).st_size == 0:
            return
        if kind == "step_summary" and os.stat(path).st_size > SUMMARY_LIMIT:
            raise AgentmeshError(
                "$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of "
                f"{SUMMARY_LIMIT // 1024}k, got {os.stat(path).st_size // 1024}k"
            )
        with open(path, "rb") as file:
            data = filecommands.decode(file.read())
        if kind == "step_summary":
            self._summary.append(data)
        elif kind == "path":
            self._added_paths.extend(filecommands.paths(data))
        elif kind == "env":
            pairs, refused = filecommands.environment(data)
            self._added_env.update(pairs)
            for name in refused:
                self.error(f"Can't store {name} output parameter using '$GITHUB_ENV' command.")
        elif kind == "output":
            self.outputs.update(filecommands.pairs(data))
        else:
            self.state.update(filecommands.pairs(data))

    def _make_files(self) -> contexts.StepFiles:
        """Fresh, empty command files."""
        count = self.job.file_number()
        folder = self.job.dirs.files
        self._host_files = {}
        for kind in ("env", "output", "path", "state", "step_summary"):
            path = f"{folder}/{kind}_{count}"
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            self._host_files[kind] = path
        return contexts.StepFiles(*(self.job.session.inside(p) for p in self._host_files.values()))


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
