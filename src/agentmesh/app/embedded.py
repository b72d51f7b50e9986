"""A run on this machine, without a server: puts the parts together and lets them work.

Called by ``agentmesh run`` and ``agentmesh rerun``. The order matters for the time until the first
step starts: the process that starts jobs is asked for first, and gets ready while this one plans.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import msgspec

from agentmesh.app.arguments import RunArguments
from agentmesh.app.clock import SystemClock
from agentmesh.app.settings import Settings, withheld
from agentmesh.core.events import Noticed
from agentmesh.core.result import Conclusion
from agentmesh.executors.spawner import Spawner

if TYPE_CHECKING:
    from collections.abc import Callable

    from agentmesh.engine.machine import Machine, ShellHook
    from agentmesh.engine.run import Run
    from agentmesh.plan.model import JobSpec, Request
    from agentmesh.ports.event_sink import EventSink
    from agentmesh.store.history import SqliteHistory

JOBS_AT_ONCE = 16
"""So many jobs run at once, or twice as many as there are processors, if that is more."""


class RunOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended; ``run`` names it in history."""

    run: str
    conclusion: Conclusion
    interrupted: bool = False
    failure: str = ""
    """What could not be written to history, for a person; empty while all is well."""


def run(
    arguments: RunArguments,
    settings: Settings,
    sinks: tuple[EventSink, ...],
    shell_hook: ShellHook | None = None,
) -> RunOutcome:
    """Plan and run workflows on this machine, to their end.

    Raises WorkflowError for unusable input, before anything has run, and SetupError where this
    machine lacks what every run needs. Ctrl-C asks the run to end, and a second one at once.
    """
    spawner = Spawner()
    spawner.start()
    try:
        return _run(arguments, settings, sinks, spawner, shell_hook)
    finally:
        spawner.close()


def _run(
    arguments: RunArguments,
    settings: Settings,
    sinks: tuple[EventSink, ...],
    spawner: Spawner,
    shell_hook: ShellHook | None,
) -> RunOutcome:
    from agentmesh.app.machine import this_machine
    from agentmesh.app.plan import prepare
    from agentmesh.app.work import claimed
    from agentmesh.engine.job import LocalRunner
    from agentmesh.engine.run import Run
    from agentmesh.store.groups import FileGroups
    from agentmesh.store.history import SqliteHistory
    from agentmesh.store.layout import Layout
    from agentmesh.store.secrets import load as load_secrets

    secrets = load_secrets(arguments.secrets, arguments.secret_files, settings.environ)
    history = SqliteHistory(Layout(settings.store))
    name, number = history.new_run()
    prepared = prepare(arguments, settings, secrets.names(), run=name, number=number)
    request = prepared.plan.request
    clock = SystemClock()
    writer = history.writer(name, number, request.source.repository)

    async def perform(machine: Machine) -> RunOutcome:
        job = Run(
            prepared.plan,
            runner=LocalRunner(machine),
            secrets=secrets,
            sinks=(writer, *sinks),
            clock=clock,
            capacity=max(JOBS_AT_ONCE, 2 * (os.cpu_count() or 1)),
            expected=_expected(history, request),
            command=arguments.command,
            groups=FileGroups(Layout(settings.store), request.source.repository),
        )
        heard = _hear_signals(job)
        conclusion = await job.run((*prepared.notices, *_notices(settings, clock)))
        return RunOutcome(run=name, conclusion=conclusion, interrupted=bool(heard))

    try:
        with claimed(settings.store, name, settings.environ) as work:
            machine = this_machine(settings, arguments, spawner, clock, work, shell_hook)
            try:
                outcome = asyncio.run(perform(machine))
            finally:
                machine.close()
    finally:
        writer.close()
        history.close()
    return msgspec.structs.replace(outcome, failure=writer.failure)


def _hear_signals(job: Run) -> list[int]:
    """Let Ctrl-C and SIGTERM end the run; the signals heard."""
    heard: list[int] = []
    loop = asyncio.get_running_loop()

    def hear(number: int) -> None:
        heard.append(number)
        job.cancellation.cancel("interrupted", at_once=len(heard) > 1)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear, number)
    return heard


def _expected(history: SqliteHistory, request: Request) -> Callable[[JobSpec], float | None]:
    """How long jobs took lately, looked up once for each name."""
    known: dict[str, float | None] = {}
    paths = tuple(workflow.path for workflow in request.workflows)

    def expected(spec: JobSpec) -> float | None:
        if spec.name not in known:
            found = history.expected_seconds(request.source.repository, (spec.name,), paths)
            known[spec.name] = found.get(spec.name)
        return known[spec.name]

    return expected


def _notices(settings: Settings, clock: SystemClock) -> tuple[Noticed, ...]:
    """What a person should know of the set-up of this run."""
    said: list[tuple[str, str]] = []
    if names := withheld(settings):
        said.append(
            (
                f"kept from jobs, as they hold credentials: {', '.join(names)}",
                "name a variable in [env] pass of agentmesh.toml to hand it on",
            )
        )
    if tables := settings.config.without_effect:
        said.append((f"tables of agentmesh.toml without effect yet: {', '.join(tables)}", ""))
    return tuple(
        Noticed(time=clock.now(), level="notice", message=message, remedy=remedy)
        for message, remedy in said
    )
