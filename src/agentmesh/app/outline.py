"""A plan before it runs: what each job would become if everything went well.

Called by ``agentmesh plan``. It expands the nodes of a plan as the run would, and takes each job
that runs to succeed. What depends on outputs, which only a run can tell, is taken to run, and said
so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from agentmesh.app.plan import Prepared
from agentmesh.core.errors import AgentmeshError
from agentmesh.core.problem import Problem
from agentmesh.core.result import Conclusion
from agentmesh.lang.expr.template import references
from agentmesh.lang.model import Job, Map, Seq, Text, Tree
from agentmesh.lang.triggers import decide
from agentmesh.plan.build import job_keys
from agentmesh.plan.estimate import Estimate, JobEstimate
from agentmesh.plan.expand import expand
from agentmesh.plan.model import (
    Cell,
    Expansion,
    Failed,
    JobSpec,
    Json,
    Need,
    Node,
    Plan,
    Request,
    Skipped,
)
from agentmesh.plan.reuse import open_call


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a job, or a job that does not run, in a plan that assumes that all goes well.

    ``needs`` are ids of jobs of the same workflow; ``calls`` are the keys of the calling cells,
    from the outside in; ``state`` tells a job that would fail at once from one that is skipped.
    ``after`` are the keys of the jobs (:func:`node_of`, never of a call) that it waits for;
    ``trigger`` is the clause of ``on`` that its workflow runs for, empty where it does not run;
    ``slots`` is how many cells may run at once, None where that is not limited.
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
    after: tuple[str, ...] = ()
    trigger: str = ""
    slots: int | None = None
    environment: str = ""
    concurrency: str = ""


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plan as rows. A row of a call stands before those of the jobs it makes."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()


def outline(plan: Plan) -> Outline:
    """What would run if everything went well; what only a run can tell is taken to run."""
    rows: list[Row] = []
    problems: list[Problem] = []
    triggers = _triggers(plan.request)
    _walk(plan.request, plan.nodes, (), triggers, rows, problems)
    needs = _needs_by_key(plan)
    rows += [_row_of_skipped(s, needs[s.key]) for s in (*plan.skipped, *plan.left_out)]
    return Outline(rows=linked(rows), problems=tuple(problems))


def node_of(key: str) -> str:
    """The key of the job that a cell belongs to: its own, without the cell's number."""
    outer, slash, own = key.rpartition("/")
    return outer + slash + own.partition("#")[0]


def is_cell(row: Row) -> bool:
    """Whether a row is one cell of a matrix, which its key tells."""
    return "#" in row.key.rpartition("/")[2]


def _triggers(request: Request) -> dict[str, str]:
    """Workflow path → the clause of ``on`` that lets it run, or that it was asked for."""
    triggers: dict[str, str] = {}
    for workflow in request.workflows:
        decision = decide(workflow, request.github, request.changed_files)
        triggers[workflow.path] = decision.why if decision.runs else "asked for with --job"
    return triggers


def linked(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows with ``after`` filled in, from their needs and their calls.

    A job that needs a call waits for the jobs that end it; the first jobs of a call wait for what
    the call needs.
    """
    rows = tuple(rows)
    scopes: dict[tuple[str, ...], dict[str, list[Row]]] = {}
    for row in rows:
        scopes.setdefault(_scope(row), {}).setdefault(row.id.lower(), []).append(row)
    after: dict[str, tuple[str, ...]] = {}
    by_node: dict[str, tuple[str, ...]] = {}
    found: list[Row] = []
    for row in rows:
        node = node_of(row.key)
        if node not in by_node:  # the cells of a job share their needs, and the tuple of them
            by_node[node] = _after(row, scopes, after)
        after[row.key] = by_node[node]
        found.append(msgspec.structs.replace(row, after=by_node[node]))
    return tuple(found)


def _scope(row: Row) -> tuple[str, ...]:
    """What the ids of needs are looked up in: the calls of a row, or its workflow."""
    return row.calls or ("", row.workflow)


def _after(
    row: Row,
    scopes: Mapping[tuple[str, ...], dict[str, list[Row]]],
    after: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    if not row.needs:
        return after[row.calls[-1]] if row.calls else ()
    scope = scopes[_scope(row)]
    needed = [other for need in row.needs for other in scope.get(need.lower(), ())]
    return tuple(dict.fromkeys(end for other in needed for end in _ends(other, scopes)))


def _ends(row: Row, scopes: Mapping[tuple[str, ...], dict[str, list[Row]]]) -> Iterator[str]:
    """The jobs after which a row is over: itself, or of a call those that no other one needs."""
    inner = scopes.get((*row.calls, row.key), {}) if row.state == "calls" else {}
    if not inner:
        yield node_of(row.key)
        return
    needed = {need.lower() for rows in inner.values() for other in rows for need in other.needs}
    for name, rows in inner.items():
        if name not in needed:
            for other in rows:
                yield from _ends(other, scopes)


def document(
    prepared: Prepared, outlined: Outline, estimate: Estimate | None = None
) -> dict[str, Json]:
    """The plan as ``--json`` prints it. Calls are no jobs: the jobs they make stand for them."""
    github = prepared.plan.request.github
    expected = estimate or Estimate()
    return {
        "event": github["event_name"],
        "ref": github["ref"],
        "sha": github["sha"],
        "jobs": [
            _entry(row, expected.jobs.get(row.key, JobEstimate()))
            for row in outlined.rows
            if row.state != "calls"
        ],
        "expected": _totals(expected),
        "notices": [notice.message for notice in prepared.notices]
        + [str(problem) for problem in outlined.problems],
    }


def _entry(row: Row, job: JobEstimate) -> dict[str, Json]:
    return {
        "id": row.id,
        "name": row.name,
        "runs": row.runs,
        "why": row.why,
        "needs": list(row.needs),
        "matrix": row.matrix,
        "key": row.key,
        "workflow": row.workflow,
        "after": list(row.after),
        "trigger": row.trigger,
        "labels": list(row.labels),
        "seconds": job.seconds,
        "start": job.start,
        "critical": job.critical,
        "billed_minutes": job.minutes,
        "cost": None if job.cost is None else round(job.cost, 6),
    }


def _totals(expected: Estimate) -> dict[str, Json]:
    """What is expected of the whole plan; times are null where no job has a length yet."""
    return {
        "seconds": expected.seconds if expected.known else None,
        "critical_path": list(expected.path),
        "billed_minutes": expected.minutes if expected.known else None,
        "cost": round(expected.cost, 6) if expected.known else None,
        "sizes": [
            {
                "label": size.label,
                "jobs": size.jobs,
                "billed_minutes": size.minutes,
                "price_per_minute": size.per_minute,
                "cost": None if size.cost is None else round(size.cost, 6),
            }
            for size in expected.sizes
        ],
        "unknown": list(expected.unknown),
        "unpriced": list(expected.unpriced),
    }


def _walk(
    request: Request,
    nodes: Iterable[Node],
    calls: tuple[str, ...],
    triggers: str | Mapping[str, str],
    rows: list[Row],
    problems: list[Problem],
) -> dict[str, Need]:
    """Add the rows of nodes in order; how each would end, by job id.

    ``triggers`` say why a workflow runs; below a call it is what the caller's says.
    """
    results: dict[str, Need] = {}
    by_key: dict[str, Node] = {}
    for node in nodes:
        by_key[node.key] = node
        expansion, unknown = _expanded(request, node, _ancestors(node, by_key, results))
        problems += expansion.problems
        trigger = triggers if isinstance(triggers, str) else triggers[node.call.workflow.path]
        for member in expansion.members:
            row = _row(node, member, expansion.why, calls, unknown)
            slots = expansion.max_parallel
            rows.append(msgspec.structs.replace(row, trigger=trigger, slots=slots))
            if isinstance(member, Cell):
                try:
                    inner = open_call(request, member)
                except AgentmeshError as error:
                    rows[-1] = msgspec.structs.replace(
                        rows[-1], runs=False, state="fails", why=error.message
                    )
                    continue
                _walk(request, inner, (*calls, member.key), trigger, rows, problems)
        results[node.job.id] = Need("success" if unknown else _result(expansion))
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
    unknown = _unknown_outputs(node.job, expansion)
    if not unknown:
        return expansion, ""
    freed = msgspec.structs.replace(node, job=msgspec.structs.replace(node.job, if_=None))
    return expand(request, freed, {name: Need("success") for name in needs}), unknown


def _unknown_outputs(job: Job, expansion: Expansion) -> str:
    """The outputs of needed jobs that keep a job from running: that its ``if`` turned on, or that a
    field which fails without them is made of."""
    members = expansion.members
    names: set[str] = set()
    if all(isinstance(member, Skipped) for member in members) and isinstance(job.if_, Text):
        outputs = _outputs_in(job.if_.source, condition=True)
        names = {name for name in outputs if name in expansion.why}
    elif members and all(isinstance(member, Failed) for member in members):
        group = job.concurrency.group if job.concurrency else None
        matrix = job.strategy.matrix if job.strategy else None
        for tree in (matrix, job.runs_on, job.timeout_minutes, job.environment, group, job.with_):
            for text in _texts(tree):
                names |= _outputs_in(text, condition=False)
    return ", ".join(sorted(names))


def _outputs_in(source: str, *, condition: bool) -> set[str]:
    try:
        found = references(source, condition=condition)
    except AgentmeshError:
        return set()
    return {name for name in found if name.startswith("needs.") and ".outputs" in name}


def _texts(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Text):
        yield tree.source
    elif isinstance(tree, Seq):
        for item in tree.items:
            yield from _texts(item)
    elif isinstance(tree, Map):
        for _, item in tree:
            yield from _texts(item)


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
        return change(
            row,
            matrix=member.matrix,
            labels=member.labels,
            environment=member.environment,
            concurrency=member.concurrency.group.source if member.concurrency else "",
        )
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
