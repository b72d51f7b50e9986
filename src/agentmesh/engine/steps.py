"""The loop over steps: conditions, outcomes, background steps, and what a failure means.

Used for a job's steps and for those of a composite action, which differ in their
:class:`~agentmesh.engine.step.Frame` alone. Follows the official runner's ``StepsRunner`` and
``BackgroundStepCoordinator``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from agentmesh.core.errors import AgentmeshError, Unavailable
from agentmesh.core.events import StepCompleted, StepStarted
from agentmesh.core.result import Conclusion
from agentmesh.engine.step import Background, Entry, Frame, JobState, Result, StepRun, failed
from agentmesh.engine.uses import entry_of
from agentmesh.lang.model import Step, Text


async def run_list(
    job: JobState, frame: Frame, steps: Sequence[Step], shown: StepRun | None
) -> None:
    """Run the steps of a job or of a composite action, in order; :attr:`Frame.status` tells how
    they ended. Background steps that nobody waited for are waited for at the end."""
    for index, step in enumerate(steps):
        if job.unavailable:
            return
        await _run_step(job, frame, step, (*frame.position, index), shown)
    await _wait(job, frame, tuple(frame.background))


async def run_entry(job: JobState, entry: Entry, shown: StepRun | None = None) -> Conclusion:
    """Run one step in the foreground, and let it count."""
    run = _begin(job, entry, shown)
    conclusion = await _perform(job, run)
    run.apply()
    _count(job, entry.frame, conclusion)
    return conclusion


async def _run_step(
    job: JobState, frame: Frame, step: Step, position: tuple[int, ...], shown: StepRun | None
) -> None:
    if step.parallel:
        keys = [
            _start_background(job, frame, inner, (*position, index), shown)
            for index, inner in enumerate(step.parallel)
        ]
        await _wait(job, frame, keys)
    elif step.wait or step.wait_all or step.cancel:
        await _control(job, frame, step, shown)
    elif step.background:
        _start_background(job, frame, step, position, shown)
    else:
        await run_entry(job, entry_of(job, frame, step, position), shown)


# -- one step --


def _begin(job: JobState, entry: Entry, shown: StepRun | None) -> StepRun:
    run = StepRun(job, entry, shown)
    if shown is None:
        run.number = job.number()
    return run


async def _perform(job: JobState, run: StepRun) -> Conclusion:
    """Evaluate, run and conclude a step; its effects on others are left to the caller."""
    step, entry = run.step, run.entry
    begun = job.machine.clock.monotonic()
    try:
        run.prepare(_action_name(job, step))
        verdict = run.condition()
    except AgentmeshError as error:
        _announce(job, run)
        result = failed(error, run)
        return _conclude(job, run, result, begun)
    if not verdict.value:
        return _conclude(job, run, Result(conclusion="skipped"), begun, why=verdict.why)
    _rename(run)
    _announce(job, run)
    forget = _listen(job, run)
    try:
        _limit_time(run)
        result = await entry.work(run)
    except Unavailable as error:
        result = _unavailable(job, run, error)
    except AgentmeshError as error:
        result = failed(error, run)
    finally:
        forget()
    if result.conclusion == "failure" and not run.ending():
        await _offer_shell(job, run)
    whole = run.collect() and not run.broken_command
    if not whole and result.conclusion == "success":
        result = Result(
            conclusion="failure",
            exit_code=result.exit_code,
            error=run.first_error or run.annotated_error,
        )
    if run.stopped is not None:
        ended: Conclusion = "failure" if run.stopped == "time-out" else "cancelled"
        result = Result(conclusion=ended, exit_code=result.exit_code, error=run.first_error)
    return _conclude(job, run, result, begun)


async def _offer_shell(job: JobState, run: StepRun) -> None:
    """Give a person a shell in the place of what failed (``--shell-on-failure``)."""
    hook, failed_command = job.machine.shell_hook, run.last_command
    if hook is None or failed_command is None or not job.spec.options.shell_on_failure:
        return
    command = await hook(run.name, failed_command)
    if command is not None:
        process = await job.session.spawn(command)
        await process.wait()


def _listen(job: JobState, run: StepRun) -> Callable[[], None]:
    """Stop the step when the job is cancelled, unless its condition still holds.

    A step that starts in a cancelled job wanted to; it ends only if the job is to end at once.
    """

    def heard() -> None:
        if job.cancel.at_once:
            run.stop("cancelled", at_once=True)
            return
        try:
            wanted = run.condition().value
        except AgentmeshError:
            wanted = False
        if not wanted:
            run.stop("cancelled")

    return job.cancel.listen(heard, past=job.cancel.at_once)


def _limit_time(run: StepRun) -> None:
    limit = run.step.timeout_minutes
    if isinstance(limit, Text):
        limit = _minutes(run.render(limit))
    if limit and run.entry.phase == "main":
        run.timeout_after(limit * 60)


def _minutes(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise AgentmeshError(f"timeout-minutes is not a number: {text!r}") from error


def _unavailable(job: JobState, run: StepRun, error: Unavailable) -> Result:
    """The machine lacks something: the step fails, or with ``--skip-unavailable`` its job ends."""
    if not job.spec.options.skip_unavailable:
        return failed(error, run)
    job.unavailable = error.message
    run.say(error.message)
    return Result(conclusion="skipped", error=error.message)


def _rename(run: StepRun) -> None:
    """Evaluate the name shown, where it has expressions; one that fails stays as written."""
    name = run.step.name
    if run.entry.phase != "main":
        return
    try:
        if name is not None and name.source:
            run.name = run.render(name) or run.name
        elif name is None and run.step.run is not None and "${{" in run.name:
            run.name = run.render(run.name)
    except AgentmeshError:
        return


def _announce(job: JobState, run: StepRun) -> None:
    if run.shown is not run:
        return
    run.name = job.masker.mask_text(run.name)
    job.emit(StepStarted(**run.about(), phase=run.entry.phase))


def _conclude(
    job: JobState, run: StepRun, result: Result, begun: float, why: str = ""
) -> Conclusion:
    """Turn the outcome into a conclusion, note both in the steps context, and say so."""
    outcome = result.conclusion
    conclusion = outcome
    if outcome == "failure" and _may_fail(run):
        conclusion = "success"
    if run.step.id and run.entry.phase == "main":
        run.frame.steps[run.step.id] = {
            "outputs": dict(run.outputs),
            "outcome": outcome,
            "conclusion": conclusion,
        }
    if run.shown is run:
        job.emit(
            StepCompleted(
                **run.about(),
                conclusion=conclusion,
                outcome=outcome,
                seconds=job.machine.clock.monotonic() - begun,
                exit_code=result.exit_code,
                error=job.masker.mask_text(result.error),
                why=job.masker.mask_text(why),
                phase=run.entry.phase,
                outputs={k: job.masker.mask_text(v) for k, v in run.outputs.items()},
                cpu_seconds=run.usage.cpu_seconds,
                peak_memory=run.usage.peak_memory,
            )
        )
    return conclusion


def _may_fail(run: StepRun) -> bool:
    allowed = run.step.continue_on_error
    if isinstance(allowed, bool) or run.entry.phase == "pre":
        return allowed is True
    try:
        return run.render(allowed).lower() == "true"
    except AgentmeshError as error:
        run.error(
            f"The step failed and an error occurred when it was checked whether it may: {error}"
        )
        return False


def _count(job: JobState, frame: Frame, conclusion: Conclusion) -> None:
    """A failed step fails its action or its job; a cancelled job stays cancelled."""
    if conclusion == "cancelled" and job.cancel.reason is None:
        conclusion = "failure"
    if conclusion != "failure":
        return
    if frame.status == "success":
        frame.status = "failure"
    if not frame.composite and job.status == "success":
        job.status = "failure"


def _action_name(job: JobState, step: Step) -> str:
    if step.id:
        return step.id
    if step.uses is None:
        return job.action_name("__run")
    name = step.uses.source.partition("@")[0].strip("./").replace("/", "_")
    return job.action_name("__" + name)


# -- several at once --


def _start_background(
    job: JobState, frame: Frame, step: Step, position: tuple[int, ...], shown: StepRun | None
) -> str:
    """Start a step without waiting for it; the key it can be waited for with."""
    key = step.id or f"#{len(frame.background) + 1}"
    item = Background(_begin(job, entry_of(job, frame, step, position), shown))

    async def perform() -> None:
        async with job.slots:
            item.conclusion = await _perform(job, item.run)

    item.task = job.tasks.create_task(perform())
    frame.background[key] = item
    return key


async def _wait(job: JobState, frame: Frame, keys: Iterable[str]) -> Conclusion:
    """Wait for background steps and let them count; the worst of their conclusions."""
    worst: Conclusion = "success"
    for key in keys:
        item = frame.background.pop(key, None)
        if item is None or item.task is None:
            continue
        await asyncio.wait((item.task,))
        item.run.apply()
        conclusion = item.conclusion
        if item.told_to_end and conclusion == "cancelled":
            continue
        _count(job, frame, conclusion)
        if conclusion in ("failure", "cancelled"):
            worst = "failure"
    return worst


async def _control(job: JobState, frame: Frame, step: Step, shown: StepRun | None) -> None:
    """``wait``, ``wait-all`` and ``cancel``: steps of their own, without a process."""
    keys = tuple(frame.background) if step.wait_all else step.wait or (step.cancel,)

    async def work(run: StepRun) -> Result:
        for key in keys:
            item = frame.background.get(key)
            if item is None:
                run.say(f"Background step {key} is not running.")
            elif step.cancel:
                item.told_to_end = True
                item.run.stop("cancelled")
        worst = await _wait(job, frame, keys)
        return Result(conclusion="success" if step.cancel else worst)

    entry = Entry(step, frame, work, condition=True, name=_control_name(step))
    run = _begin(job, entry, shown)
    await _perform(job, run)


def _control_name(step: Step) -> str:
    if step.name is not None:
        return step.name.source
    if step.cancel:
        return f"Cancel {step.cancel}"
    return "Wait for " + (", ".join(step.wait) if step.wait else "all background steps")
