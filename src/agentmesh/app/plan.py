"""Plans a run: from options to a plan, and from a plan to what ``agentmesh plan`` shows.

Called by :mod:`agentmesh.app.embedded` and ``agentmesh plan``. Reading (files, git, settings)
happens here; deciding is left to :mod:`agentmesh.plan`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from agentmesh.app import event, git, workflows
from agentmesh.app.arguments import RunArguments
from agentmesh.app.settings import Settings
from agentmesh.core.errors import AgentmeshError
from agentmesh.core.events import Noticed
from agentmesh.core.problem import Problem
from agentmesh.core.result import Conclusion
from agentmesh.lang.model import Workflow
from agentmesh.lang.triggers import filters_paths
from agentmesh.plan.build import build
from agentmesh.plan.expand import expand
from agentmesh.plan.model import (
    Cell,
    Expansion,
    Failed,
    JobSpec,
    Json,
    Need,
    Node,
    Options,
    Plan,
    Request,
    Skipped,
    Source,
)
from agentmesh.plan.reuse import open_call


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A plan, and what a person should know about how it came about."""

    plan: Plan
    notices: tuple[Noticed, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a job, or a job that does not run, in a plan that assumes that all goes well.

    ``needs`` are ids of jobs of the same workflow; ``calls`` are the keys of the calling cells,
    from the outside in; ``state`` tells a job that would fail at once from one that is skipped.
    """

    key: str
    id: str
    name: str
    runs: bool
    why: str
    needs: tuple[str, ...] = ()
    matrix: dict[str, Json] | None = None
    workflow: str = ""
    calls: tuple[str, ...] = ()
    state: Literal["runs", "skipped", "fails", "calls"] = "runs"
    labels: tuple[str, ...] = ()
    remedy: str = ""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plan as rows. A row of a call stands before those of the jobs it makes."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()


def prepare(
    arguments: RunArguments,
    settings: Settings,
    secrets: tuple[str, ...] = (),
    *,
    run: str = "plan",
    number: int = 1,
) -> Prepared:
    """The plan of what the options ask for. ``secrets`` are names; ``number`` counts runs.

    Raises WorkflowError for input that cannot be used: everything that is wrong with the files at
    once.
    """
    root = workflows.project_root(settings.directory)
    directories = (os.getcwd(), settings.directory)
    files, _ = workflows.load(arguments.workflows, root, directories)
    repository = git.find(root)
    now = datetime.now(UTC)
    path = arguments.event_path
    occasion = event.derive(
        event.Wish(
            event=arguments.event,
            payload_path=os.path.join(settings.directory, path) if path else None,
            inputs=arguments.inputs,
        ),
        root,
        repository,
        files,
        settings.environ,
        event.Numbers(now=now, run_id=run if run.isdigit() else str(number), run_number=number),
    )
    changed = None
    if filters_paths(files, occasion.event):
        changed = event.changed_files(
            repository, root, occasion.github, committed=arguments.committed
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
        called=_called(files, root, arguments, settings),
        jobs=arguments.jobs,
        cells=arguments.matrix,
        options=options(arguments, settings),
    )
    plan = build(request)
    notices = [Noticed(time=now, level="notice", message=text) for text in occasion.notices]
    if not plan.nodes:
        notices.append(_nothing(plan, now))
    return Prepared(plan=plan, notices=tuple(notices))


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
        os={"darwin": "macos"}.get(machine.sysname.lower(), machine.sysname.lower()),
        arch=_PROCESSORS.get(machine.machine.lower(), machine.machine.lower()),
    )


_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "armv7l": "arm", "i686": "x86"}


def outline(plan: Plan) -> Outline:
    """What would run if everything went well; what only a run can tell is taken to run."""
    rows: list[Row] = []
    problems: list[Problem] = []
    _walk(plan.request, plan.nodes, (), rows, problems)
    needs = _needs_by_key(plan)
    rows += [_row_of_skipped(s, needs[s.key]) for s in (*plan.skipped, *plan.left_out)]
    return Outline(rows=tuple(rows), problems=tuple(problems))


def document(prepared: Prepared, outlined: Outline) -> dict[str, Json]:
    """The plan as ``--json`` prints it. Calls are no jobs: the jobs they make stand for them."""
    github = prepared.plan.request.github
    return {
        "event": github["event_name"],
        "ref": github["ref"],
        "sha": github["sha"],
        "jobs": [
            {
                "id": row.id,
                "name": row.name,
                "runs": row.runs,
                "why": row.why,
                "needs": list(row.needs),
                "matrix": row.matrix,
                "key": row.key,
                "workflow": row.workflow,
            }
            for row in outlined.rows
            if row.state != "calls"
        ],
        "notices": [notice.message for notice in prepared.notices]
        + [str(problem) for problem in outlined.problems],
    }


def _called(
    files: tuple[Workflow, ...], root: str, arguments: RunArguments, settings: Settings
) -> dict[str, Workflow | str]:
    """Reusable workflows; an event loop is started only for those of other repositories."""

    def fetch(targets: list[str]) -> dict[str, Workflow | str]:
        import asyncio

        from agentmesh.app.sources import action_source

        source = action_source(settings, arguments)
        return asyncio.run(workflows.fetch_all(targets, source))

    return workflows.load_called(files, root, fetch)


def _walk(
    request: Request,
    nodes: Iterable[Node],
    calls: tuple[str, ...],
    rows: list[Row],
    problems: list[Problem],
) -> dict[str, Need]:
    """Add the rows of nodes in order; how each would end, by job id."""
    results: dict[str, Need] = {}
    by_key: dict[str, Node] = {}
    for node in nodes:
        by_key[node.key] = node
        expansion, unknown = _expanded(request, node, _ancestors(node, by_key, results))
        problems += expansion.problems
        for member in expansion.members:
            rows.append(_row(node, member, expansion.why, calls, unknown))
            if isinstance(member, Cell):
                try:
                    inner = open_call(request, member)
                except AgentmeshError as error:
                    rows[-1] = msgspec.structs.replace(
                        rows[-1], runs=False, state="fails", why=error.message
                    )
                    continue
                _walk(request, inner, (*calls, member.key), rows, problems)
        results[node.job.id] = Need(_result(expansion))
    return results


def _ancestors(
    node: Node, nodes: Mapping[str, Node], results: Mapping[str, Need]
) -> dict[str, Need]:
    found: dict[str, Need] = {}
    todo = list(node.needs)
    while todo:
        other = nodes[todo.pop()]
        if other.job.id not in found:
            found[other.job.id] = results[other.job.id]
            todo.extend(other.needs)
    return found


def _expanded(request: Request, node: Node, needs: Mapping[str, Need]) -> tuple[Expansion, str]:
    """A node's expansion, and which outputs nobody knows yet decide about it; else ``""``."""
    expansion = expand(request, node, needs)
    why = " ".join(
        [expansion.why, *(m.problem.message for m in expansion.members if isinstance(m, Failed))]
    )
    unknown = _unknown_outputs(node, why)
    if not unknown or any(isinstance(m, JobSpec | Cell) for m in expansion.members):
        return expansion, ""
    freed = msgspec.structs.replace(node, job=msgspec.structs.replace(node.job, if_=None))
    again = expand(request, freed, {name: Need("success") for name in needs})
    return again, unknown


def _unknown_outputs(node: Node, why: str) -> str:
    """The outputs of needed jobs that a decision speaks of, or that a matrix is made of."""
    from agentmesh.lang.expr.template import references

    names: set[str] = set()
    job = node.job
    texts = [job.if_] if job.if_ is not None else []
    strategy = job.strategy.matrix if job.strategy else None
    for source, condition in [(str(t), True) for t in texts] + [
        (t, False) for t in _texts(strategy)
    ]:
        try:
            found = references(source, condition=condition)
        except AgentmeshError:
            continue
        names |= {name for name in found if name.startswith("needs.") and ".outputs" in name}
    mentioned = sorted(name for name in names if name in why or job.strategy is not None)
    return ", ".join(mentioned)


def _texts(tree: object) -> list[str]:
    from agentmesh.lang.model import Map, Seq, Text

    if isinstance(tree, Text):
        return [tree.source]
    if isinstance(tree, Seq):
        return [text for item in tree.items for text in _texts(item)]
    if isinstance(tree, Map):
        return [text for _, item in tree for text in _texts(item)]
    return []


def _row(
    node: Node,
    member: JobSpec | Cell | Skipped | Failed,
    why: str,
    calls: tuple[str, ...],
    unknown: str,
) -> Row:
    row = Row(
        key=member.key,
        id=member.id,
        name=member.name,
        runs=isinstance(member, JobSpec | Cell),
        why=why,
        needs=tuple(need.source for need in node.job.needs),
        workflow=node.call.workflow.path,
        calls=calls,
    )
    change = msgspec.structs.replace
    if unknown:
        return change(row, runs=True, why=f"depends on {unknown}, known when the run is there")
    if isinstance(member, JobSpec):
        return change(row, matrix=member.matrix, labels=member.labels)
    if isinstance(member, Cell):
        return change(row, state="calls")
    if isinstance(member, Skipped):
        return change(row, why=member.why, state="skipped")
    problem = member.problem
    return change(
        row, why=f"fails: {problem.message} ({problem.span})", state="fails", remedy=problem.help
    )


def _result(expansion: Expansion) -> Conclusion:
    """How a node would end."""
    if any(isinstance(member, Failed) for member in expansion.members):
        return "failure"
    if all(isinstance(member, Skipped) for member in expansion.members):
        return "skipped"
    return "success"


def _needs_by_key(plan: Plan) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Key of a job → its workflow and its needs."""
    from agentmesh.plan.build import job_keys

    return {
        key: (workflow.path, tuple(need.source for need in job.needs))
        for key, workflow, job in job_keys(plan.request.workflows)
    }


def _row_of_skipped(skipped: Skipped, place: tuple[str, tuple[str, ...]]) -> Row:
    workflow, needs = place
    return Row(
        key=skipped.key,
        id=skipped.id,
        name=skipped.name,
        runs=False,
        why=skipped.why,
        needs=needs,
        workflow=workflow,
        state="skipped",
    )
