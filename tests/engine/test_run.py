"""The run coordinator, with a job runner that does as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from agentmesh.core.events import (
    Event,
    JobCompleted,
    JobQueued,
    Logged,
    RunCompleted,
    RunStarted,
)
from agentmesh.engine.run import Run, Stamp
from agentmesh.lang.parse import workflow
from agentmesh.plan.build import build
from agentmesh.plan.model import JobSpec, Request, Source
from agentmesh.ports.job_runner import Cancellation, JobResult

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


class NoSecrets:
    def names(self) -> tuple[str, ...]:
        return ()

    def get(self, name: str) -> str | None:
        return {"TOKEN": "t0ken"}.get(name)


class Told:
    """Ends each job as a table says; ``waits`` until it is cancelled, where the table says so."""

    def __init__(self, ends: dict[str, str]) -> None:
        self.ends = ends
        self.ran: list[str] = []
        self.secrets: dict[str, dict[str, str]] = {}

    async def run(
        self,
        spec: JobSpec,
        secrets: dict[str, str],
        cancellation: Cancellation,
        emit: Callable[[Event], None],
    ) -> JobResult:
        self.ran.append(spec.name)
        self.secrets[spec.name] = secrets
        end = self.ends.get(spec.name, "success")
        if end == "waits":
            await cancellation.wait()
            end = "cancelled"
        emit(
            JobCompleted(
                time=NOW, job=spec.name, job_id=spec.id, key=spec.key, conclusion=end, outputs={}
            )
        )
        return JobResult(conclusion=end)


def run(text: str, ends: dict[str, str], *, cancel_at: str = "", capacity: int = 9, **called: str):
    """Run a workflow; its conclusion, the runner and the events."""
    parsed, problems = workflow(text, ".github/workflows/ci.yml")
    assert parsed is not None, problems
    callees = {}
    for name, source in called.items():
        path = f"./.github/workflows/{name}.yml"
        callees[path], problems = workflow(source, path)
        assert callees[path] is not None, problems
    request = Request(
        run="1",
        workflows=(parsed,),
        github={"event_name": "push", "event": {}, "ref": "refs/heads/main", "sha": "abc"},
        source=Source(directory="/r", repository="o/r"),
        secrets=("TOKEN",),
        called=callees,
    )
    runner = Told(ends)
    events: list[Event] = []

    async def perform() -> str:
        job = Run(
            build(request),
            runner=runner,
            secrets=NoSecrets(),
            sinks=(events.append, hear),
            clock=StoppedClock(),
            capacity=capacity,
        )
        jobs.append(job)
        return await job.run()

    jobs: list[Run] = []

    def hear(event: Event) -> None:
        if isinstance(event, JobQueued) and event.job == cancel_at:
            asyncio.get_running_loop().call_soon(jobs[0].cancellation.cancel, "interrupted")

    return asyncio.run(perform()), runner, events


HEAD = "on: push\njobs:\n"


def job(name: str, more: str = "") -> str:
    return f"  {name}:\n    runs-on: ubuntu-latest\n{more}    steps: [{{run: 'true'}}]\n"


def ended(events: list[Event]) -> dict[str, str]:
    return {e.job: e.conclusion for e in events if isinstance(e, JobCompleted)}


def test_numbers_have_no_gap_and_a_batch_of_lines_takes_as_many_as_it_has():
    seen: list[Event] = []
    stamp = Stamp("7", (seen.append,))
    line = {"time": NOW, "job": "a", "job_id": "a", "step": "s"}
    stamp(Logged(**line, text="1\n2\n3", count=3))
    stamp(RunCompleted(time=NOW, conclusion="success"))
    assert [(e.run, e.seq) for e in seen] == [("7", 1), ("7", 4)]


def test_the_first_event_tells_the_jobs_and_the_last_the_conclusion():
    conclusion, _, events = run(HEAD + job("a") + job("b", "    needs: a\n"), {})
    assert conclusion == "success"
    assert isinstance(events[0], RunStarted)
    assert [(j.job_id, j.needs) for j in events[0].jobs] == [("a", ()), ("b", ("a",))]
    assert isinstance(events[-1], RunCompleted)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))


def test_a_failure_skips_what_needs_it_and_fails_the_run():
    text = (
        HEAD + job("a") + job("b", "    needs: a\n") + job("c", "    needs: b\n    if: always()\n")
    )
    conclusion, runner, events = run(text, {"a": "failure"})
    assert conclusion == "failure"
    assert runner.ran == ["a", "c"]
    assert ended(events) == {"a": "failure", "b": "skipped", "c": "success"}


def test_fail_fast_ends_running_and_waiting_cells():
    text = HEAD + job("m", "    strategy: {matrix: {n: [1, 2, 3]}}\n")
    conclusion, runner, events = run(text, {"m (1)": "failure", "m (2)": "waits"}, capacity=2)
    assert conclusion == "failure"
    assert ended(events) == {"m (1)": "failure", "m (2)": "cancelled", "m (3)": "cancelled"}
    assert "m (3)" not in runner.ran


def test_a_job_that_may_fail_fails_nothing():
    text = HEAD + job("a", "    continue-on-error: true\n") + job("b", "    needs: a\n")
    conclusion, _, events = run(text, {"a": "failure"})
    assert conclusion == "success"
    assert ended(events) == {"a": "failure", "b": "success"}


def test_an_interrupted_run_starts_only_jobs_that_ask_for_it():
    text = (
        HEAD + job("a") + job("b", "    needs: a\n") + job("c", "    needs: a\n    if: always()\n")
    )
    conclusion, runner, events = run(text, {"a": "waits"}, cancel_at="a")
    assert conclusion == "cancelled"
    assert runner.ran == ["a", "c"]
    assert ended(events)["b"] in ("skipped", "cancelled")


def test_called_workflows_run_under_their_callers_name_and_get_the_secrets_passed():
    text = (
        HEAD
        + (
            "  call:\n    uses: ./.github/workflows/lib.yml\n    secrets: {key: '${{ secrets.TOKEN }}'}\n"
        )
        + job("after", "    needs: call\n")
    )
    callee = "on: {workflow_call: {secrets: {key: {}}}}\njobs:\n" + job("inner")
    conclusion, runner, events = run(text, {}, lib=callee)
    assert conclusion == "success"
    assert runner.ran == ["call / inner", "after"]
    assert runner.secrets["call / inner"]["key"] == "t0ken"
    assert ended(events) == {"call / inner": "success", "after": "success"}


def test_a_job_whose_expressions_fail_has_failed_with_its_place():
    text = HEAD + job("a", "    timeout-minutes: ${{ fromJSON('x') }}\n")
    conclusion, runner, events = run(text, {})
    assert conclusion == "failure"
    assert runner.ran == []
    (end,) = [e for e in events if isinstance(e, JobCompleted)]
    assert ".github/workflows/ci.yml:5:" in end.why
