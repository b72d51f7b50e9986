"""What ``agentmesh explain`` tells: how an expression got its value, and why a job ended as it did.

Called by :mod:`agentmesh.cli.commands.explain`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from agentmesh.app.outline import Row, node_of
from agentmesh.core.errors import WorkflowError
from agentmesh.core.events import JobCompleted, JobQueued, JobStarted, RunStarted, StepCompleted
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.trace import Step, trace
from agentmesh.lang.expr.values import Value
from agentmesh.ports.history import JobRecord, RunRecord

if TYPE_CHECKING:
    from agentmesh.app.arguments import RunArguments
    from agentmesh.app.settings import Settings
    from agentmesh.core.events import AnyEvent
    from agentmesh.store.history import SqliteHistory

LAST_LINES = 10
"""So much of a failed step's output is shown."""

RUNS = 200
"""So many runs are looked through for one that has a job."""

# -- expressions ----------------------------------------------------------------------------------


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """How an expression got its value. ``secrets`` are texts that must not be shown; ``error`` is
    set where the expression could not be read, and there is no step then."""

    source: str
    step: Step | None = None
    error: ExpressionError | None = None
    secrets: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is no value."""
        return self.step is None or self.step.state == "error"


def expression(source: str, contexts: Mapping[str, Value], directory: str) -> Explained:
    """Evaluate an expression, with or without ``${{ }}``, step by step. ``directory`` is the
    workspace of ``hashFiles``."""
    from agentmesh.app.language import functions, names
    from agentmesh.lang.expr.parse import parse

    text = bare(source)
    try:
        parsed = parse(text, names(frozenset(contexts)))
    except ExpressionError as error:
        return Explained(source=text, error=error)
    scope = Scope(contexts, functions(contexts, directory))
    return Explained(source=text, step=trace(parsed, scope), secrets=secrets_in(contexts))


def bare(source: str) -> str:
    """An expression without the ``${{ }}`` around it."""
    text = source.strip()
    if text.startswith("${{") and text.endswith("}}") and "${{" not in text[3:]:
        return text[3:-2].strip()
    return source


def secrets_in(contexts: Mapping[str, Value]) -> tuple[str, ...]:
    """The texts in ``secrets``, and the token: longer ones first."""
    found: set[str] = set()
    for name, value in contexts.items():
        if name.lower() == "secrets" and isinstance(value, dict):
            found |= {text for text in value.values() if isinstance(text, str)}
        if name.lower() == "github" and isinstance(value, dict):
            found |= {v for k, v in value.items() if k.lower() == "token" and isinstance(v, str)}
    return tuple(sorted((text for text in found if text), key=lambda text: (-len(text), text)))


def contexts_of_event(arguments: RunArguments, settings: Settings) -> dict[str, Value]:
    """What an expression sees before any job runs: of the event that a run with these options
    would be for. Workflows that cannot be read do not matter here."""
    import os
    from datetime import UTC

    from agentmesh.app import event, git, workflows
    from agentmesh.app.plan import secret_names

    root = workflows.project_root(settings.directory)
    try:
        files, _ = workflows.load(arguments.workflows, root, (os.getcwd(), settings.directory))
    except WorkflowError:
        if arguments.workflows:
            raise
        files = ()
    occasion = event.derive(
        event.Wish(
            event=arguments.event, payload_path=arguments.event_path, inputs=arguments.inputs
        ),
        root,
        git.find(root),
        files,
        settings.environ,
        event.Numbers(now=datetime.now(UTC)),
    )
    inputs: dict[str, Value] = dict(arguments.inputs)
    return {
        "github": occasion.github,
        "inputs": inputs,
        "vars": dict(arguments.vars),
        "env": dict(arguments.env),
        "secrets": dict.fromkeys(secret_names(arguments, settings), "***"),
    }


# -- jobs of runs ---------------------------------------------------------------------------------


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A step that kept its job from succeeding, and the last lines it wrote."""

    number: int
    name: str
    conclusion: str
    exit_code: int | None = None
    error: str = ""
    seconds: float | None = None
    last_lines: tuple[str, ...] = ()
    more_lines: int = 0


class Waited(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was needed, and how it ended; empty where it did not."""

    name: str
    conclusion: str


class JobStory(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job of a run ended as it did.

    ``why`` says why it ran, or why it was skipped, cancelled or failed outside its steps; all times
    are seconds: ``waited`` for what it needs, ``queued`` for a place to run, ``seconds`` running.
    """

    key: str
    id: str
    name: str
    conclusion: str
    why: str = ""
    ended_why: str = ""
    needs: tuple[Waited, ...] = ()
    matrix: dict[str, object] = {}
    labels: tuple[str, ...] = ()
    runner: str = ""
    waited: float | None = None
    queued: float | None = None
    seconds: float | None = None
    steps: tuple[Ended, ...] = ()
    steps_run: int = 0
    allowed_to_fail: bool = False


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """A run, and the jobs of it that a name means."""

    run: RunRecord
    jobs: tuple[JobStory, ...]


def job_of_run(settings: Settings, name: str, run: str) -> Story:
    """The story of a job, by its name, key or id (all its cells), in a run. Raises WorkflowError
    where there is no such run, or no such job in it."""
    from agentmesh.app import records

    past = records.history(settings)
    record = records.find_run(settings, run)
    return _story(past, record, records.find_jobs(past, record, name))


def job_of_last_run(settings: Settings, name: str, *, anywhere: bool = False) -> Story | None:
    """The story of a job in the last run of this project that has it, or of any project; None where
    no run has it."""
    from agentmesh.app import records
    from agentmesh.app.workflows import project_root

    past = records.history(settings)
    root = project_root(settings.directory)
    for record in past.runs(RUNS):
        if not anywhere and record.directory != root:
            continue
        try:
            jobs = records.find_jobs(past, record, name)
        except WorkflowError:
            continue
        return _story(past, record, jobs)
    return None


def _story(past: SqliteHistory, run: RunRecord, jobs: Iterable[JobRecord]) -> Story:
    events = tuple(past.events(run))
    everybody = past.jobs(run)
    started = next((e for e in events if isinstance(e, RunStarted)), None)
    planned = {info.key: info.needs for info in started.jobs} if started else {}
    stories = []
    for job in jobs:
        own = [e for e in events if getattr(e, "key", None) == job.key]
        needs = _needs(own) or planned.get(node_of(job.key), ())
        begin = started.time if started else run.started
        story = _job(job, own, begin)
        stories.append(
            msgspec.structs.replace(
                story,
                needs=tuple(_waited(need, everybody) for need in needs),
                steps=tuple(_ended(past, run, job, own)),
            )
        )
    return Story(run=run, jobs=tuple(stories))


def _needs(own: Iterable[AnyEvent]) -> tuple[str, ...]:
    return next((e.needs for e in own if isinstance(e, JobQueued | JobCompleted) and e.needs), ())


def _job(job: JobRecord, own: list[AnyEvent], begin: datetime) -> JobStory:
    queued = next((e for e in own if isinstance(e, JobQueued)), None)
    started = next((e for e in own if isinstance(e, JobStarted)), None)
    completed = next((e for e in own if isinstance(e, JobCompleted)), None)
    known = queued or completed
    waited = (known.time - begin).total_seconds() if known else None
    return JobStory(
        key=job.key,
        id=job.id,
        name=job.name,
        conclusion=job.conclusion,
        why=queued.why if queued else "",
        ended_why=completed.why if completed else "",
        matrix=queued.matrix if queued else {},
        labels=queued.labels if queued else (),
        runner=started.runner if started else "",
        waited=waited,
        queued=(started.time - queued.time).total_seconds() if started and queued else None,
        seconds=job.seconds if started else None,
        steps_run=len(job.steps),
        allowed_to_fail=completed.allowed_to_fail if completed else False,
    )


def _waited(need: str, jobs: Iterable[JobRecord]) -> Waited:
    """How a needed job ended: the worst of its cells, or of the jobs of a call."""
    ends = [
        job.conclusion
        for job in jobs
        if node_of(job.key) == need or job.key.startswith((f"{need}/", f"{need}#"))
    ]
    worst = next((c for c in ("failure", "cancelled", "", "skipped") if c in ends), "")
    if ends and set(ends) <= {"success", "skipped"} and "success" in ends:
        worst = "success"
    return Waited(name=need, conclusion=worst)


def _ended(
    past: SqliteHistory, run: RunRecord, job: JobRecord, own: Iterable[AnyEvent]
) -> Iterator[Ended]:
    """Steps that failed or were cancelled; those that were allowed to fail too."""
    for event in own:
        if not isinstance(event, StepCompleted) or event.outcome not in ("failure", "cancelled"):
            continue
        lines: deque[str] = deque(maxlen=LAST_LINES)
        count = 0
        for part in past.log(run, job, event.number):
            texts = [line for line in part.text.split("\n") if line != f"##[error]{event.error}"]
            count += len(texts)
            lines.extend(texts)
        conclusion = event.conclusion
        allowed = conclusion != event.outcome
        yield Ended(
            number=event.number,
            name=event.step,
            conclusion=f"{event.outcome}, allowed to" if allowed else conclusion,
            exit_code=event.exit_code,
            error=event.error,
            seconds=event.seconds,
            last_lines=tuple(lines),
            more_lines=count - len(lines),
        )


# -- jobs of the plan -----------------------------------------------------------------------------


def job_of_plan(rows: Iterable[Row], name: str) -> tuple[Row, ...]:
    """The rows of a plan that a name means: a name or key, or an id (all its cells)."""
    found = tuple(row for row in rows if name in (row.name, row.key))
    return found or tuple(row for row in rows if row.id.casefold() == name.casefold())


# -- what else a name could have meant ------------------------------------------------------------


def known_jobs(arguments: RunArguments, settings: Settings) -> list[str]:
    """Ids and names of the jobs of the project, and of the last run, without repetition."""
    from agentmesh.app import records

    names: dict[str, None] = {}
    for path_names in (_planned_names(arguments, settings), _last_names(records.history(settings))):
        names |= dict.fromkeys(path_names)
    return list(names)


def _planned_names(arguments: RunArguments, settings: Settings) -> Iterator[str]:
    import os

    from agentmesh.app import workflows

    root = workflows.project_root(settings.directory)
    try:
        files, _ = workflows.load(arguments.workflows, root, (os.getcwd(), settings.directory))
    except WorkflowError:
        return
    yield from (job for workflow in files for job in workflow.jobs)


def _last_names(past: SqliteHistory) -> Iterator[str]:
    for run in past.runs(1):
        yield from (job.name for job in past.jobs(run))


def near(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names that look like one."""
    from difflib import get_close_matches

    by_fold = {each.casefold(): each for each in known}
    return [by_fold[each] for each in get_close_matches(name.casefold(), by_fold, 3)]
