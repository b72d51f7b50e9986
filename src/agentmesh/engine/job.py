"""Runs one job on this machine: the :class:`~agentmesh.ports.job_runner.JobRunner` of a laptop,
and of a node of the mesh.

A job has a fresh workspace, HOME and temp folder; when it is over, its processes and its folders
are gone. Called by the run coordinator with a complete specification.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.core.events import Annotated, JobCompleted, JobStarted
from agentmesh.core.result import Conclusion
from agentmesh.engine import contexts, folders, runtime
from agentmesh.engine.masking import Masker
from agentmesh.engine.step import Frame, JobState
from agentmesh.engine.steps import run_entry, run_list
from agentmesh.engine.uses import display_name, fetch_all
from agentmesh.lang.expr import template
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.model import Map, Text
from agentmesh.ports.job_runner import JobResult

if TYPE_CHECKING:
    from agentmesh.engine.machine import Machine
    from agentmesh.plan.model import JobSpec
    from agentmesh.ports.event_sink import EventSink
    from agentmesh.ports.executor import JobDirs, Session
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
        _refuse_containers(spec)
        executor = machine.executor(spec.platform)
        dirs = folders.make(machine.work, machine.files, spec, machine.home_files)
        session: Session | None = None
        try:
            session = await executor.open(spec, dirs)
            async with asyncio.TaskGroup() as tasks:
                job = self._state(spec, dirs, session, masker, emit, secrets, tasks)
                job.cancel.listen(lambda: _mark_cancelled(job))
                watch = tasks.create_task(_watch(job, cancellation))
                try:
                    return await self._steps(job)
                finally:
                    runtime.close(job)
                    watch.cancel()
                    if job.grace is not None:
                        job.grace.cancel()
        finally:
            if session is not None:
                await session.close()
            await folders.remove_all(dirs)

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


def _refuse_containers(spec: JobSpec) -> None:
    """Fail a job that asks for containers before its first step: it must not run without them.

    Raises SetupError, and ExpressionError where what it asks for cannot be evaluated.
    """
    values: dict[str, Value] = {
        "github": spec.github,
        "needs": contexts.needs(spec),
        "strategy": contexts.strategy(spec),
        "matrix": spec.matrix,
        "vars": dict(spec.vars),
        "inputs": spec.inputs,
        "env": {},
        "secrets": {},
    }
    for key, tree in (("container", spec.job.container), ("services", spec.job.services)):
        asked = template.render(tree, Scope(contexts=values, functions={}))
        if isinstance(asked, dict):
            asked = asked.get("image", asked) if key == "container" else asked
        if asked:
            raise SetupError(
                f"the job has {key}:, and containers cannot be run yet",
                remedy="remove it, or let this job run elsewhere",
            )


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
