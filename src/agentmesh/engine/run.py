"""The run coordinator: expands nodes, starts jobs, and hears how they ended.

Called by :mod:`agentmesh.app.embedded` with a plan and a job runner, which may be this process or a
mesh; it makes the run's events and stamps those of the jobs. What to do is decided by
:class:`~agentmesh.engine.scheduler.Schedule`; this module does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import (
    Event,
    JobCompleted,
    JobInfo,
    JobQueued,
    Logged,
    Noticed,
    RunCompleted,
    RunStarted,
)
from agentmesh.core.problem import Problem, Span
from agentmesh.core.result import Conclusion
from agentmesh.engine.cancel import CancelSource, Interrupted, unless
from agentmesh.engine.masking import Masker
from agentmesh.engine.scheduler import Schedule, Stop, worst
from agentmesh.lang.expr.template import references
from agentmesh.plan.build import concurrency_of
from agentmesh.plan.expand import expand
from agentmesh.plan.model import Cell, Expansion, Failed, JobSpec, Need, Node, Plan, Skipped
from agentmesh.plan.reuse import call_outputs, open_call
from agentmesh.plan.secrets import resolve
from agentmesh.ports.groups import Superseded
from agentmesh.ports.job_runner import JobResult

if TYPE_CHECKING:
    from agentmesh.lang.model import Concurrency
    from agentmesh.ports.clock import Clock
    from agentmesh.ports.event_sink import EventSink
    from agentmesh.ports.groups import Groups
    from agentmesh.ports.job_runner import JobRunner
    from agentmesh.ports.secrets import Secrets


class Stamp:
    """Numbers a run's events and hands them to all readers."""

    def __init__(self, run: str, sinks: tuple[EventSink, ...]) -> None:
        self._run = run
        self._sinks = sinks
        self._next = 1

    def __call__(self, event: Event) -> None:
        stamped = msgspec.structs.replace(event, run=self._run, seq=self._next)
        self._next += event.count if isinstance(event, Logged) else 1
        for sink in self._sinks:
            sink(stamped)


class Run:
    """One run of a plan. :meth:`run` may be called once."""

    def __init__(
        self,
        plan: Plan,
        *,
        runner: JobRunner,
        secrets: Secrets,
        sinks: tuple[EventSink, ...],
        clock: Clock,
        capacity: int,
        expected: Callable[[JobSpec], float | None] = lambda spec: None,
        command: tuple[str, ...] = (),
        groups: Groups | None = None,
    ) -> None:
        self.cancellation = CancelSource()
        self._plan = plan
        self._runner = runner
        self._secrets = secrets
        self._emit = Stamp(plan.request.run, sinks)
        self._clock = clock
        self._expected = expected
        self._command = command
        self._groups = groups
        self._gated = frozenset(plan.concurrency if groups is not None else ())
        """Workflows, by path, that start when it is their turn in a concurrency group."""
        self._schedule = Schedule((n for n in plan.nodes if not self._is_gated(n)), capacity)
        self._turns: dict[str, asyncio.Event] = {}
        """Workflows, by path, and calls, by key, that wait for their turn in a concurrency group or
        have it → set when they are over."""
        self._told_to_end: dict[str, str] = {}
        """Workflows and calls that somebody newer in their group asked to end → why."""
        self._workflow_of: dict[str, str] = {}
        """Nodes' and jobs' keys → the workflow at the top."""
        values = [v for n in secrets.names() if (v := secrets.get(n)) is not None]
        self._masker = Masker(values)
        self._jobs: dict[str, CancelSource] = {}
        self._tasks: asyncio.TaskGroup | None = None
        """Owns all that runs beside the coordinator; there while :meth:`run` is at work."""
        self._wake = asyncio.Event()
        self._conclusions: list[Conclusion] = []

    async def run(self, notices: tuple[Noticed, ...] = ()) -> Conclusion:
        """Run all jobs to their end, and say how the run ended."""
        begun = self._clock.monotonic()
        self._emit(self._started())
        for notice in notices:
            self._emit(notice)
        for skipped in self._plan.skipped:
            self._emit(self._not_run(skipped, "skipped", skipped.why))
        self.cancellation.listen(self._cancelled)
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            waiting = [tasks.create_task(self._workflow(path)) for path in self._gated]
            if waiting:
                await asyncio.sleep(0)  # they are in line before the first look whether all is over
            while not self._advance(tasks):
                await self._wake.wait()
                self._wake.clear()
        conclusion = self._conclusion()
        seconds = self._clock.monotonic() - begun
        self._emit(RunCompleted(time=self._clock.now(), conclusion=conclusion, seconds=seconds))
        return conclusion

    def _advance(self, tasks: asyncio.TaskGroup) -> bool:
        """Do all that can be done now. True when the run is over."""
        while self._progress():
            pass
        for spec in self._schedule.startable():
            source = self._jobs.setdefault(spec.key, CancelSource())
            tasks.create_task(self._job(spec, source), name=spec.key)
        for path, over in self._turns.items():
            if self._schedule.is_over(path):
                over.set()
        return self._schedule.done and not self._turns

    def _progress(self) -> bool:
        """Take one round of decisions; False where there was nothing to decide."""
        progress = False
        while (node := self._schedule.ready()) is not None:
            self._expand(node)
            progress = True
        for cell, needs in self._schedule.finished_calls():
            self._end_call(cell, needs)
            progress = True
        stops = self._unwanted()
        self._stop(stops)
        return progress or bool(stops)

    def _unwanted(self) -> list[Stop]:
        """Queued jobs that must not start any more."""
        if self.cancellation.reason is None and not self._told_to_end:
            return []
        stops = []
        for spec in self._schedule.waiting_members():
            reason = self._reason(spec.key)
            if reason and (self.cancellation.at_once or not _wants_cancelled(spec)):
                stops.append(Stop(spec.key, reason))
        return stops

    def _reason(self, key: str) -> str | None:
        """Why a node or job is to end, or None."""
        if self.cancellation.reason is not None or not self._told_to_end:
            return self.cancellation.reason
        told = (self._told_to_end[o] for o in self._owners(key) if o in self._told_to_end)
        return next(told, None)

    # -- turns in concurrency groups ---------------------------------------------------------------

    def _is_gated(self, node: Node) -> bool:
        return not node.call.key and node.call.workflow.path in self._gated

    async def _in_turn(
        self,
        owner: str,
        groups: Sequence[Concurrency],
        begin: Callable[[], None],
        never: Callable[[str], None],
    ) -> None:
        """Wait until a workflow or a call may be at work in all its groups, begin it, and keep the
        turns until it is over; ``never`` is told why if it comes to nothing."""
        assert self._groups is not None
        why = f"superseded in concurrency group {', '.join(repr(g.group.source) for g in groups)}"
        over = self._turns[owner] = asyncio.Event()

        def told() -> None:
            self._told_to_end[owner] = why
            for key, source in tuple(self._jobs.items()):
                if owner in self._owners(key):
                    source.cancel(why)
            self._wake.set()

        try:
            async with AsyncExitStack() as held:
                for group in groups:
                    turn = unless(self.cancellation, _turn(self._groups, group, told))
                    await held.enter_async_context(turn)
                begin()
                self._wake.set()
                await over.wait()
        except (Superseded, Interrupted) as error:
            never(_why(self.cancellation.reason) if self.cancellation.reason else str(error))
        finally:
            del self._turns[owner]
            self._wake.set()

    def _owners(self, key: str) -> tuple[str, ...]:
        """The workflow and the calls that a node or job belongs to."""
        return (self._workflow_of.get(key, ""), *self._schedule.callers(key))

    async def _workflow(self, path: str) -> None:
        """Run a workflow's jobs when it is its turn."""
        nodes = [n for n in self._plan.nodes if not n.call.key and n.call.workflow.path == path]

        def never(why: str) -> None:
            for node in nodes:
                name = node.job.name.source if node.job.name else node.job.id
                gone = Skipped(key=node.key, id=node.job.id, name=name, why=why)
                self._emit(self._not_run(gone, "cancelled", why, node.needs))
                self._conclusions.append("cancelled")

        groups = (self._plan.concurrency[path],)
        await self._in_turn(path, groups, lambda: self._schedule.add(nodes), never)

    # -- nodes and jobs ----------------------------------------------------------------------------

    def _expand(self, node: Node) -> None:
        needs = self._schedule.ancestors(node)
        top = self._workflow_of.get(node.call.key) or node.call.workflow.path
        self._workflow_of[node.key] = top
        cancelled = self._reason(node.key) is not None
        try:
            expansion = expand(self._plan.request, node, needs, cancelled=cancelled)
        except AgentmeshError as error:
            expansion = _unusable(node, error)
        for problem in expansion.problems:
            text = f"{problem.span}: {problem.message}"
            time = self._clock.now()
            self._emit(Noticed(time=time, level="warning", message=text, remedy=problem.help))
        stops = self._schedule.expanded(node, expansion)
        for member in expansion.members:
            self._workflow_of[member.key] = top
            self._enter(node, member, expansion.why)
        self._stop(stops)

    def _enter(self, node: Node, member: JobSpec | Cell | Skipped | Failed, why: str) -> None:
        needs = node.needs
        if isinstance(member, JobSpec):
            self._emit(
                JobQueued(
                    time=self._clock.now(),
                    job=member.name,
                    job_id=member.id,
                    key=member.key,
                    why=self._masker.mask_text(why),
                    needs=needs,
                    labels=member.labels,
                    matrix=member.matrix or {},
                    seconds=self._expected(member),
                )
            )
        elif isinstance(member, Cell):
            self._call(member)
        elif isinstance(member, Skipped):
            self._emit(self._not_run(member, "skipped", member.why, needs))
            self._end(member.key, "skipped", {}, counts=False)
        else:
            self._emit(self._not_run(member, "failure", _sentence(member.problem), needs))
            self._end(member.key, "failure", {}, spare=member.problem.rule == "unavailable")

    def _call(self, cell: Cell) -> None:
        """Open a called workflow; with a concurrency group when it is its turn."""
        try:
            own = concurrency_of(self._plan.request, cell.call)
            nodes = open_call(self._plan.request, cell)
        except AgentmeshError as error:
            self._emit(self._not_run(cell, "failure", str(error)))
            self._end(cell.key, "failure", {})
            return
        groups = [c for c in (cell.concurrency, own) if c is not None]
        if not groups or self._groups is None or self._tasks is None:
            self._schedule.open(cell, nodes)
            return

        def never(why: str) -> None:
            self._emit(self._not_run(cell, "cancelled", why))
            self._end(cell.key, "cancelled", {})

        begin = partial(self._schedule.open, cell, nodes)
        self._tasks.create_task(self._in_turn(cell.key, groups, begin, never))

    async def _job(self, spec: JobSpec, source: CancelSource) -> None:
        secrets = {
            name: value
            for name, mapped in spec.secrets.items()
            if (value := resolve(mapped, self._secrets.get)) is not None
        }
        result = await self._run_in_turn(spec, secrets, source)
        self._finish(spec, result)
        self._wake.set()

    async def _run_in_turn(
        self, spec: JobSpec, secrets: dict[str, str], source: CancelSource
    ) -> JobResult:
        """Run a job; one with a concurrency group when it is its turn among all runs."""
        if spec.concurrency is None or self._groups is None:
            return await self._runner.run(spec, secrets, source, self._emit)
        why = f"superseded in concurrency group {spec.concurrency.group.source!r}"
        turn = _turn(self._groups, spec.concurrency, lambda: source.cancel(why))
        try:
            async with unless(source, turn):
                return await self._runner.run(spec, secrets, source, self._emit)
        except (Superseded, Interrupted) as error:
            why = _why(source.reason) if source.reason else str(error)
            self._emit(self._not_run(spec, "cancelled", why))
            return JobResult(conclusion="cancelled", why=why)

    def _finish(self, spec: JobSpec, result: JobResult) -> None:
        self._jobs.pop(spec.key, None)
        self._end(spec.key, result.conclusion, result.outputs, allowed=spec.continue_on_error)

    def _end(
        self,
        key: str,
        conclusion: Conclusion,
        outputs: dict[str, str],
        *,
        allowed: bool = False,
        counts: bool = True,
        spare: bool = False,
    ) -> None:
        if counts and not (allowed and conclusion == "failure"):
            self._conclusions.append(conclusion)
        self._stop(self._schedule.ended(key, conclusion, outputs, allowed=allowed, spare=spare))

    def _end_call(self, cell: Cell, needs: dict[str, Need]) -> None:
        conclusion = worst(need.result for need in needs.values())
        outputs: dict[str, str] = {}
        if cell.key in self._turns:
            self._turns[cell.key].set()
        try:
            outputs = call_outputs(cell, needs, self._plan.request)
        except AgentmeshError as error:
            self._emit(self._not_run(cell, "failure", str(error)))
            conclusion = "failure"
        self._end(cell.key, conclusion, outputs, counts=conclusion != "skipped")

    def _stop(self, stops: list[Stop]) -> None:
        """Cancel jobs that run; end those that only wait."""
        for stop in stops:
            if stop.key in self._schedule.running:
                self._jobs.setdefault(stop.key, CancelSource()).cancel(stop.reason)
                continue
            spec = next((s for s in self._schedule.waiting_members() if s.key == stop.key), None)
            if spec is not None:
                self._emit(self._not_run(spec, "cancelled", _why(stop.reason), ()))
                self._end(spec.key, "cancelled", {})

    def _cancelled(self) -> None:
        reason = self.cancellation.reason or "interrupted"
        for source in tuple(self._jobs.values()):
            source.cancel(reason, at_once=self.cancellation.at_once)
        self._wake.set()

    def _conclusion(self) -> Conclusion:
        if "failure" in self._conclusions:
            return "failure"
        if "cancelled" in self._conclusions or self.cancellation.reason is not None:
            return "cancelled"
        return "success"

    def _started(self) -> RunStarted:
        request = self._plan.request
        github = request.github
        return RunStarted(
            time=self._clock.now(),
            workflows=tuple(w.path for w in request.workflows),
            event=str(github.get("event_name", "")),
            ref=str(github.get("ref", "")),
            sha=str(github.get("sha", "")),
            actor=str(github.get("actor", "")),
            directory=request.source.directory,
            name=next(iter(self._plan.run_names.values()), ""),
            command=self._command,
            jobs=tuple(
                JobInfo(
                    key=n.key,
                    job=n.job.name.source if n.job.name else n.job.id,
                    job_id=n.job.id,
                    needs=n.needs,
                )
                for n in self._plan.nodes
            ),
        )

    def _not_run(
        self,
        member: JobSpec | Cell | Skipped | Failed,
        conclusion: Conclusion,
        why: str,
        needs: tuple[str, ...] = (),
    ) -> JobCompleted:
        return JobCompleted(
            time=self._clock.now(),
            job=member.name,
            job_id=member.id,
            key=member.key,
            conclusion=conclusion,
            why=self._masker.mask_text(why),
            needs=needs,
        )


def _turn(
    groups: Groups, concurrency: Concurrency, ask_to_end: Callable[[], None]
) -> AbstractAsyncContextManager[None]:
    return groups.turn(
        concurrency.group.source,
        cancel_others=concurrency.cancel_in_progress is True,
        keep_queue=concurrency.queue == "max",
        ask_to_end=ask_to_end,
    )


def _sentence(problem: Problem) -> str:
    """What is wrong, where, and what to do about it."""
    remedy = f" — {problem.help}" if problem.help else ""
    return f"{problem.span}: {problem.message}{remedy}"


def _why(reason: str) -> str:
    return {
        "fail-fast": "cancelled because another job of its matrix failed (fail-fast)",
        "interrupted": "cancelled because the run was interrupted",
    }.get(reason, f"cancelled: {reason}")


def _wants_cancelled(spec: JobSpec) -> bool:
    """Whether a job asked to run even when the run is cancelled."""
    condition = spec.job.if_
    if condition is None or isinstance(condition, bool):
        return False
    names = references(condition.source, condition=True)
    return bool(names & {"always()", "cancelled()", "failure()"})


def _unusable(node: Node, error: AgentmeshError) -> Expansion:
    """A node that cannot be expanded has failed, with the error as the reason."""
    place = error.where or Span(node.call.workflow.path, node.job.line, node.job.column)
    problem = Problem(rule="expression", span=place, message=error.message, help=error.remedy)
    name = node.call.prefix + (node.job.name.source if node.job.name else node.job.id)
    failed = Failed(key=node.key, id=node.job.id, name=name, problem=problem)
    return Expansion(why="", members=(failed,))
