"""Built-in actions: a module of :mod:`agentmesh.actions`, run in this process."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from agentmesh.core.errors import AgentmeshError, SetupError, Unavailable
from agentmesh.engine import runtime
from agentmesh.engine.handlers.inputs import evaluate
from agentmesh.engine.step import Resolved, Result
from agentmesh.ports.action import Completed
from agentmesh.ports.executor import Command

if TYPE_CHECKING:
    from agentmesh.engine.step import StepRun
    from agentmesh.ports.executor import Session

T = TypeVar("T")


async def work(run: StepRun, resolved: Resolved, *, post: bool = False) -> Result:
    """Run the action's main or post part; its outputs become the step's."""
    action = resolved.builtin
    assert action is not None
    # It works on this machine, also where the job's steps run in a container.
    outside = run.job.session.outside
    inputs = {name: outside(value) for name, value in evaluate(run, resolved).items()}
    run.inputs = {}
    context = StepContext(run)

    async def perform() -> Result | AgentmeshError:
        try:
            if post:
                await action.post(inputs, context)
            else:
                inside = run.job.session.inside
                outputs = await action.run(inputs, context)
                run.outputs.update({name: inside(value) for name, value in outputs.items()})
        except AgentmeshError as error:  # given back: raised here it would end the whole job
            return error
        except OSError as error:
            return SetupError(
                str(error), remedy="check the disk, and the rights of the files named"
            )
        return Result(conclusion="success")

    return await run.supervise(run.job.tasks.create_task(perform()))


def not_inside(directory: str, session: Session) -> str:
    """A program in a folder that the job's container cannot see; empty where there is none."""
    if session.inside(directory) == directory:
        return directory
    try:
        with os.scandir(directory) as entries:
            links = [entry.path for entry in entries if entry.is_symlink()]
    except FileNotFoundError:  # it is made later, in the job
        return ""
    targets = (os.path.realpath(link) for link in links)
    return next((target for target in targets if session.inside(target) == target), "")


class StepContext:
    """The only way from a built-in action to the outside (:class:`agentmesh.ports.action`)."""

    def __init__(self, run: StepRun) -> None:
        job = run.job
        self._run = run
        self.spec = job.spec
        self.dirs = job.dirs
        self.services = job.machine.services()
        self.env: Mapping[str, str] = run.environment_outside()
        self.state = run.state
        self.job_status: Literal["success", "failure", "cancelled"] = job.status
        self.uses = run.step.uses.source if run.step.uses is not None else ""

    def say(self, text: str) -> None:
        self._run.say(text)

    def annotate(
        self,
        level: Literal["error", "warning", "notice"],
        message: str,
        *,
        file: str = "",
        line: int = 0,
        title: str = "",
    ) -> None:
        masked = self._run.job.masker.mask_text(message)
        properties = {"file": file, "line": str(line or ""), "title": title}
        for text in masked.splitlines():
            self._run.lines(f"##[{level}]{text}", 1)
        self._run.annotate(level, masked, properties)

    def export(self, name: str, value: str) -> None:
        self._run.set_env(name, self._run.job.session.inside(value))

    def add_path(self, directory: str) -> None:
        session = self._run.job.session
        if session.contained and (program := not_inside(directory, session)):
            raise Unavailable(
                f"{self.uses} gives {program}, a program of this machine, and the job's steps run "
                "in a container, which does not have it",
                remedy="name an image that has it, and leave the step out; or run the job without "
                "container:",
            )
        self._run.add_path(session.inside(directory))

    def mask(self, value: str) -> None:
        self._run.job.masker.add(value)

    def summarize(self, markdown: str) -> None:
        self._run.summarize(markdown)

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Completed:
        run = self._run
        whole = {**run.environment_outside(), **(env or {})}
        workspace = run.job.dirs.workspace
        place = os.path.join(workspace, cwd) if cwd else workspace
        command = Command(argv=argv, env=whole, cwd=place, outside=True)
        seen = bytearray()
        code = await run.capture(command, seen, show=not quiet)
        return Completed(code=code, output=seen.decode("utf-8", "replace"))

    def service_variables(self) -> Mapping[str, str]:
        plain = self._run.environment()
        whole = runtime.environment(self._run, "node")
        return {name: value for name, value in whole.items() if plain.get(name) != value}

    async def in_thread(self, function: Callable[..., T], /, *args: object) -> T:
        return await asyncio.to_thread(function, *args)
