"""Runs one job on this machine: the :class:`~agentmesh.ports.job_runner.JobRunner` of a laptop,
and of a node of the mesh.

A job has a fresh workspace, HOME and temp folder; when it is over, its processes and its folders
are gone. Called by the run coordinator with a complete specification.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Literal

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Annotated, JobCompleted, JobStarted
from agentmesh.core.result import Conclusion
from agentmesh.engine import containers, contexts, folders, runtime
from agentmesh.engine.around import AFTER, BEFORE, Around
from agentmesh.engine.masking import Masker
from agentmesh.engine.step import Frame, JobState
from agentmesh.engine.steps import run_entry, run_list
from agentmesh.engine.uses import display_name, fetch_all
from agentmesh.lang.expr import template
from agentmesh.lang.expr.values import to_string
from agentmesh.lang.model import Map, Text
from agentmesh.ports.job_runner import JobResult

if TYPE_CHECKING:
    from agentmesh.engine.machine import Machine
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.event_sink import EventSink
    from agentmesh.ports.executor import JobDirs, Say, Session, Surroundings
    from agentmesh.ports.job_runner import Cancellation


class LocalRunner:
    """Runs jobs with what a :class:`~agentmesh.engine.machine.Machine` lends."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def run(
        self,
        spec: JobSpec,
        secrets: dict[str, str],
        cancellation: Cancellation,
        emit: EventSink,
    ) -> JobResult:
        """Run a job to its end. Whatever goes wrong is the job's failure, not an exception."""
        machine = self._machine
        begun = machine.clock.monotonic()
        masker = Masker((*secrets.values(), *machine.passwords))
        emit(
            JobStarted(
                time=machine.clock.now(),
                job=spec.name,
                job_id=spec.id,
                key=spec.key,
                runner=machine.name,
                steps=tuple(
                    masker.mask_text(display_name(s)) for s in spec.job.steps if s.run or s.uses
                ),
            )
        )
        url = ""
        try:
            result, url = await self._run(spec, secrets, masker, cancellation, emit)
        except AgentmeshError as error:
            result = JobResult(conclusion="failure", why=masker.mask_text(str(error)))
        emit(
            JobCompleted(
                time=machine.clock.now(),
                job=spec.name,
                job_id=spec.id,
                key=spec.key,
                conclusion=result.conclusion,
                seconds=machine.clock.monotonic() - begun,
                outputs=result.outputs,
                why=result.why,
                allowed_to_fail=spec.continue_on_error,
                environment=spec.environment,
                environment_url=url,
            )
        )
        return result

    async def _run(
        self,
        spec: JobSpec,
        secrets: dict[str, str],
        masker: Masker,
        cancellation: Cancellation,
        emit: EventSink,
    ) -> tuple[JobResult, str]:
        machine = self._machine
        dirs = folders.make(machine.work, machine.files, spec, machine.home_files)
        session: Session | None = None
        result: JobResult | None = None
        around: Surroundings | None = None
        try:
            around = containers.wanted(spec, secrets, dirs.workspace)
            if around is None:
                session = await machine.executor().open(spec, dirs)
            else:
                session = await self._surround(spec, dirs, around, masker, emit, cancellation)
                if session is None:
                    return JobResult(conclusion="cancelled", why=cancellation.reason or ""), ""
            async with asyncio.TaskGroup() as tasks:
                job = self._state(spec, dirs, session, masker, emit, secrets, tasks)
                if around is not None:
                    job.number()  # the first step that is shown made the containers ready
                job.cancel.listen(lambda: _mark_cancelled(job))
                watch = tasks.create_task(_watch(job, cancellation))
                try:
                    result, url = await self._steps(job)
                finally:
                    runtime.close(job)
                    watch.cancel()
                    if job.grace is not None:
                        job.grace.cancel()
                if around is not None:
                    step = self._around(spec, masker, emit, name=AFTER, number=job.number())
                    await step.perform(lambda say: _end(job.session, result, say))
            return result, url
        finally:
            if session is not None:
                await session.close()
            await folders.remove_all(dirs)

    async def _surround(
        self,
        spec: JobSpec,
        dirs: JobDirs,
        wanted: Surroundings,
        masker: Masker,
        emit: EventSink,
        cancellation: Cancellation,
    ) -> Session | None:
        """A place with containers in it; None where the job is cancelled before it is ready."""

        async def open_place(say: Say) -> Session | AgentmeshError:
            try:
                return await self._machine.containers().open(spec, dirs, wanted, say)
            except AgentmeshError as error:  # given back: raised in a task it would come in a group
                return error

        async def perform(say: Say) -> Session | None:
            async with asyncio.TaskGroup() as tasks:
                opening = tasks.create_task(open_place(say))
                asked = tasks.create_task(cancellation.wait())
                await asyncio.wait((opening, asked), return_when=asyncio.FIRST_COMPLETED)
                asked.cancel()
                opening.cancel()  # which is nothing to one that is done
            if opening.cancelled():
                say("The job was cancelled.")
                return None
            opened = opening.result()
            if isinstance(opened, AgentmeshError):
                raise opened
            return opened

        step = self._around(spec, masker, emit, name=BEFORE, number=1)
        return await step.perform(perform)

    def _around(
        self, spec: JobSpec, masker: Masker, emit: EventSink, *, name: str, number: int
    ) -> Around:
        phase: Literal["pre", "post"] = "pre" if name == BEFORE else "post"
        clock = self._machine.clock
        return Around(spec, masker, emit, clock, name=name, number=number, phase=phase)

    def _state(
        self,
        spec: JobSpec,
        dirs: JobDirs,
        session: Session,
        masker: Masker,
        emit: EventSink,
        secrets: dict[str, str],
        tasks: asyncio.TaskGroup,
    ) -> JobState:
        machine = self._machine
        event_path = dirs.files + "/event.json"
        with open(event_path, "wb") as file:
            file.write(msgspec.json.encode(spec.github.get("event") or {}))
        token = secrets.get("GITHUB_TOKEN", "")
        inside = msgspec.structs.replace(
            dirs,
            root=session.inside(os.path.dirname(dirs.workspace)),
            temp=session.inside(dirs.temp),
            tools=session.inside(dirs.tools),
        )
        return JobState(
            spec,
            machine=machine,
            dirs=dirs,
            session=session,
            masker=masker,
            emit=emit,
            secrets=secrets,
            github=contexts.github(
                spec, session.inside(dirs.workspace), session.inside(event_path), token
            ),
            runner=contexts.runner(
                contexts.inside_dirs(inside), machine.name, machine.arch, debug=machine.debug
            ),
            tasks=tasks,
            run_list=run_list,
        )

    async def _steps(self, job: JobState) -> tuple[JobResult, str]:
        spec = job.spec
        frame = Frame(inputs=spec.inputs, path=spec.workflow_path)
        deadline = self._limit_time(job)
        try:
            job.env = _job_environment(job, frame)
            for pre in await fetch_all(job, frame, spec.job.steps):
                await run_entry(job, pre)
            await run_list(job, frame, spec.job.steps, None)
            while job.posts:
                await run_entry(job, job.posts.pop())
            outputs = _outputs(job, frame)
        except AgentmeshError as error:
            why = job.masker.mask_text(str(error))
            return JobResult(conclusion="failure", why=why), ""
        finally:
            deadline.cancel()
        return _result(job, outputs), _environment_url(job, frame)

    def _limit_time(self, job: JobState) -> asyncio.TimerHandle:
        minutes = job.spec.timeout_minutes

        def expire() -> None:
            job.cancel.cancel(
                f"the job has exceeded the maximum execution time of {minutes:g} minutes"
            )

        return asyncio.get_running_loop().call_later(minutes * 60, expire)


async def _end(session: Session, result: JobResult, say: Say) -> None:
    """Remove a job's containers; where it failed, first show what helps to understand why."""
    if result.conclusion == "failure":
        await session.explain(say)
    await session.close()


def _job_environment(job: JobState, frame: Frame) -> dict[str, str]:
    """Environment of the workflow, then of the job, then of the command line.

    ``ACT`` is set, as workflows ask for it (``env.ACT``) to see that they run locally.
    """
    env = {"ACT": "true"}
    for tree in (job.spec.workflow_env, job.spec.job.env):
        if tree is None or (isinstance(tree, Map) and not tree.items):
            continue
        value = template.render(tree, job.scope(frame, env, job.github))
        if isinstance(value, dict):
            env.update({to_string(k): to_string(v) for k, v in value.items()})
    env.update(job.spec.options.env)
    return env


def _outputs(job: JobState, frame: Frame) -> dict[str, str]:
    """The job's outputs. One that holds a secret is not handed on (runner: JobExtension)."""
    tree = job.spec.job.outputs
    if tree is None:
        return {}
    value = template.render(tree, job.scope(frame, job.env, job.github))
    outputs: dict[str, str] = {}
    for name, item in value.items() if isinstance(value, dict) else ():
        text = to_string(item)
        if job.masker.mask_text(text) != text:
            message = f"Skip output '{name}' since it may contain secret."
            spec = job.spec
            job.emit(
                Annotated(
                    time=job.machine.clock.now(),
                    job=spec.name,
                    job_id=spec.id,
                    key=spec.key,
                    step="",
                    level="warning",
                    message=message,
                )
            )
            continue
        outputs[to_string(name)] = text
    return outputs


def _environment_url(job: JobState, frame: Frame) -> str:
    environment = job.spec.job.environment
    url = environment.get("url") if isinstance(environment, Map) else None
    if not isinstance(url, Text):
        return ""
    try:
        text = template.render_text(url, job.scope(frame, job.env, job.github))
    except AgentmeshError:
        return ""
    return job.masker.mask_text(text)


def _result(job: JobState, outputs: dict[str, str]) -> JobResult:
    if job.unavailable:
        return JobResult(conclusion="skipped", why=job.unavailable)
    conclusion: Conclusion = job.status
    why = ""
    if conclusion == "cancelled":
        why = job.cancel.reason or ""
        if why == "fail-fast":
            why = "another job of its matrix failed (fail-fast)"
    return JobResult(conclusion=conclusion, outputs=outputs, why=why)


def _mark_cancelled(job: JobState) -> None:
    """From now on the job is a cancelled one, and has only so long to end."""
    if job.status == "cancelled":
        return
    job.status = "cancelled"
    seconds = job.spec.cancel_timeout_minutes * 60
    job.grace = asyncio.get_running_loop().call_later(
        seconds, lambda: job.cancel.cancel("cancelled", at_once=True)
    )


async def _watch(job: JobState, cancellation: Cancellation) -> None:
    """Pass a wish from outside on."""
    await cancellation.wait()
    job.cancel.cancel(cancellation.reason or "cancelled", at_once=cancellation.at_once)
    await cancellation.wait_at_once()
    job.cancel.cancel(cancellation.reason or "cancelled", at_once=True)
