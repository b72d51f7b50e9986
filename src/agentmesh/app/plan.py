"""Plans a run: from options to a plan, and from a plan to what ``agentmesh plan`` shows.

Called by :mod:`agentmesh.app.embedded` and ``agentmesh plan``. Reading (files, git, settings)
happens here; deciding is left to :mod:`agentmesh.plan`.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from agentmesh.app import event, git, workflows
from agentmesh.app.arguments import RunArguments
from agentmesh.app.changes import changed_files
from agentmesh.app.payload import Payload
from agentmesh.app.settings import Settings
from agentmesh.core.events import Noticed
from agentmesh.lang.model import Workflow
from agentmesh.lang.triggers import filters_paths
from agentmesh.plan.build import build
from agentmesh.plan.model import (
    Options,
    Plan,
    Request,
    Source,
)
from agentmesh.store.layout import Layout
from agentmesh.store.parsed import ParsedFiles

if TYPE_CHECKING:
    from agentmesh.app.hypothesis import Hypothesis


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and what a person should know about how it came about."""

    plan: Plan
    notices: tuple[Noticed, ...] = ()


def prepare(
    arguments: RunArguments,
    settings: Settings,
    secrets: tuple[str, ...] = (),
    *,
    run: str = "plan",
    number: int = 1,
    hypothesis: Hypothesis | None = None,
) -> Prepared:
    """The plan of what the options ask for. ``secrets`` are names; ``number`` counts runs.
    ``hypothesis`` wins over what git and the payload say.

    Raises WorkflowError for input that cannot be used: everything that is wrong with the files at
    once.
    """
    root = workflows.project_root(settings.directory)
    directories = (os.getcwd(), settings.directory)
    parse = ParsedFiles(Layout(settings.store), workflows.parse_now)
    files, _ = workflows.load(arguments.workflows, root, directories, parse)
    repository = git.find(root)
    now = datetime.now(UTC)
    path = arguments.event_path
    occasion = event.derive(
        event.Wish(
            event=arguments.event,
            payload_path=os.path.join(settings.directory, path) if path else None,
            inputs=arguments.inputs,
            change=None if hypothesis is None else partial(_change, hypothesis, repository),
        ),
        root,
        repository,
        files,
        settings.environ,
        event.Numbers(now=now, run_id=run if run.isdigit() else str(number), run_number=number),
    )
    changed = None
    head = None
    if hypothesis is not None:
        hypothesis.check(occasion.event)
        changed = hypothesis.changed
        head = _elsewhere(hypothesis, occasion, repository)
    if changed is None and filters_paths(files, occasion.event):
        changed = changed_files(
            repository, root, occasion.github, committed=arguments.committed, head=head
        )
    request = Request(
        run=run,
        workflows=files,
        github=occasion.github,
        source=Source(
            directory=root,
            repository=str(occasion.github["repository"]),
            committed=arguments.committed,
        ),
        inputs=dict(arguments.inputs),
        vars=dict(arguments.vars),
        secrets=secrets,
        changed_files=changed,
        called=_called(files, root, arguments, settings, parse),
        jobs=arguments.jobs,
        cells=arguments.matrix,
        options=options(arguments, settings),
    )
    plan = build(request)
    notices = [Noticed(time=now, level="notice", message=text) for text in occasion.notices]
    if not plan.nodes:
        notices.append(_nothing(plan, now))
    return Prepared(plan=plan, notices=tuple(notices))


def _change(
    hypothesis: Hypothesis, repository: git.Repository | None, name: str, payload: Payload
) -> Payload:
    return hypothesis.applied(name, payload, repository)


def _elsewhere(
    hypothesis: Hypothesis, occasion: event.Occasion, repository: git.Repository | None
) -> str | None:
    """The commit that was pushed, where it is another one than the one that is checked out: what
    lies in the working tree is no change of it."""
    if hypothesis.ref is None or repository is None or occasion.event != "push":
        return None
    sha = str(occasion.github["sha"])
    return sha if sha != repository.head().sha else None


def _nothing(plan: Plan, now: datetime) -> Noticed:
    """The warning that a run would do nothing, with every reason once."""
    reasons = dict.fromkeys(s.why for s in (*plan.skipped, *plan.left_out))
    return Noticed(
        time=now,
        level="warning",
        message=f"nothing to run: {'; '.join(reasons) or 'there are no jobs'}",
        remedy="name another event with --event, or a job with --job",
    )


def secret_names(arguments: RunArguments, settings: Settings) -> tuple[str, ...]:
    """Names of the secrets that the options give; a plan needs no more of them."""
    if not (arguments.secrets or arguments.secret_files):
        return ()
    from agentmesh.store.secrets import load

    return load(arguments.secrets, arguments.secret_files, settings.environ).names()


def options(arguments: RunArguments, settings: Settings) -> Options:
    """What the command line, and the configuration under it, decide for all jobs."""
    machine = os.uname()
    platforms = {**settings.config.platforms, **arguments.platforms}
    return Options(
        builtin_actions=arguments.builtin_actions,
        skip_unavailable=arguments.skip_unavailable,
        shell_on_failure=arguments.shell_on_failure,
        env=dict(arguments.env),
        action_sources={**settings.config.action_sources, **arguments.action_sources},
        platforms={label.lower(): platform for label, platform in platforms.items()},
        images=settings.config.images,
        os={"darwin": "macos"}.get(machine.sysname.lower(), machine.sysname.lower()),
        arch=_PROCESSORS.get(machine.machine.lower(), machine.machine.lower()),
    )


_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "armv7l": "arm", "i686": "x86"}


def _called(
    files: tuple[Workflow, ...],
    root: str,
    arguments: RunArguments,
    settings: Settings,
    parse: workflows.Parse,
) -> dict[str, Workflow | str]:
    """Reusable workflows; an event loop is started only for those of other repositories."""

    def fetch(targets: list[str]) -> dict[str, Workflow | str]:
        import asyncio

        from agentmesh.app.sources import action_source

        source = action_source(settings, arguments)
        return asyncio.run(workflows.fetch_all(targets, source))

    return workflows.load_called(files, root, fetch, parse)
