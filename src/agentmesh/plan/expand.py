"""What a job becomes once its needs are known: the cells of its matrix, or the reason why none
runs.

Called by the run coordinator the moment a node's needs have ended, and by ``agentmesh plan``, which
assumes that all goes well. Pure. An expression that fails, a field of the wrong type or a machine
that is not here makes the job fail with a place in the file; it never raises.

GitHub evaluates in this order, and so does this: ``if`` (without matrix), ``strategy``, then for
each cell name, runs-on and the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentmesh.core.errors import AgentmeshError
from agentmesh.core.problem import Problem
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.template import condition, references
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.matrix import LIMIT, MatrixCell, MatrixError, cells, display_name, selects
from agentmesh.lang.model import Concurrency, Job, Map, Seq, Strategy, Text, Tree
from agentmesh.plan import reuse
from agentmesh.plan.contexts import direct, of_cell, of_node
from agentmesh.plan.fields import Fields
from agentmesh.plan.model import (
    Cell,
    Expansion,
    Failed,
    JobSpec,
    Need,
    Node,
    Request,
    Skipped,
    StrategyValues,
)
from agentmesh.plan.platforms import Absent, choose

Member = JobSpec | Cell | Skipped | Failed

TIMEOUT_MINUTES = 360.0
CANCEL_TIMEOUT_MINUTES = 5.0
GROUP_LENGTH = 400

_ASKING = {"failure()", "always()", "cancelled()"}
"""Functions that let a job run although not all it needs has succeeded."""


def expand(
    request: Request, node: Node, needs: Mapping[str, Need], *, cancelled: bool = False
) -> Expansion:
    """What a node becomes. ``needs`` holds the results of all its ancestors, by job id.

    ``cancelled`` tells that somebody wants the run to end: ``success()`` is false then.
    """
    scope = of_node(request, node, needs, cancelled=cancelled)
    fields = Fields(node.call.workflow.path, node.job, scope)
    try:
        runs, why = _condition(fields, needs)
        if not runs:
            return _skipped(node, fields, why, _kind(node.job, needs))
        return _matrix(request, node, needs, fields, why)
    except AgentmeshError as error:
        return Expansion(why=error.message, members=(_failed(node, fields, error),))


def shown_name(node: Node, fields: Fields) -> str:
    """The name of a job that has no cells: evaluated where it can be, as written where it can't."""
    name = node.job.name
    if name is None:
        return node.call.prefix + node.job.id
    if _uses(name.source, ("matrix", "strategy")):
        return node.call.prefix + name.source
    try:
        return node.call.prefix + (fields.text("name", name) or node.job.id)
    except AgentmeshError:
        return node.call.prefix + name.source


def _condition(fields: Fields, needs: Mapping[str, Need]) -> tuple[bool, str]:
    """Whether the job runs, and the clause that decided, with the values in it."""
    if_ = fields.job.if_
    try:
        verdict = condition(if_, fields.scope)
    except ExpressionError as error:
        tree = if_ if isinstance(if_, Text) else None
        raise fields.failed("if", tree, error) from error
    if not verdict.value and _kind(fields.job, needs) == "needs":
        return False, _hindered(needs)
    if verdict.value and if_ is None:
        names = ", ".join(need.source for need in fields.job.needs)
        return True, f"needs {names}: all succeeded" if names else "no condition"
    return verdict.value, verdict.why


def _kind(job: Job, needs: Mapping[str, Need]) -> str:
    """Why a job is skipped: what it needs went wrong and it did not ask about that, or its
    ``if``."""
    asks = isinstance(job.if_, Text) and references(job.if_.source, condition=True) & _ASKING
    hindered = any(need.result != "success" for need in needs.values())
    return "needs" if hindered and not asks else "condition"


def _hindered(needs: Mapping[str, Need]) -> str:
    said = {"failure": "failed", "cancelled": "was cancelled", "skipped": "was skipped"}
    worst = [
        f"{name} {said[need.result]}" for name, need in needs.items() if need.result != "success"
    ]
    return f"needs a success, but {', '.join(sorted(worst))}"


def _skipped(node: Node, fields: Fields, why: str, kind: str) -> Expansion:
    return Expansion(
        why=why,
        members=(
            Skipped(
                key=node.key,
                id=node.job.id,
                name=shown_name(node, fields),
                why=why,
                kind="needs" if kind == "needs" else "condition",
            ),
        ),
    )


def _failed(
    node: Node, fields: Fields, error: AgentmeshError, key: str = "", name: str = ""
) -> Failed:
    problem = Problem(
        rule="unavailable" if isinstance(error, _Nowhere) else "expression",
        span=error.where or fields.place(None),
        message=error.message,
        help=error.remedy,
    )
    return Failed(
        key=key or node.key,
        id=node.job.id,
        name=name or shown_name(node, fields),
        problem=problem,
    )


class _Nowhere(AgentmeshError):
    """No machine for a cell."""


def _matrix(
    request: Request, node: Node, needs: Mapping[str, Need], fields: Fields, why: str
) -> Expansion:
    strategy = node.job.strategy or Strategy()
    fail_fast = fields.flag("strategy", strategy.fail_fast)
    most = 0
    if strategy.max_parallel is not None:
        most = int(fields.number("strategy", strategy.max_parallel))
    found = _cells(fields, strategy)
    chosen = [
        (index, cell)
        for index, cell in enumerate(found)
        if cell is None or selects(request.cells, cell.values)
    ]
    if not chosen:
        return _nothing_selected(request, node, fields)
    if len(chosen) < len(found):
        why = f"{why}; {len(chosen)} of {len(found)} cells selected"
    needed = direct(node, needs)
    members: list[Member] = []
    for index, cell in chosen:
        values = StrategyValues(
            fail_fast=fail_fast,
            job_index=index,
            job_total=len(found),
            max_parallel=most if most > 0 else len(found),
        )
        members.append(_member(request, node, needed, fields, values, cell))
    return Expansion(
        why=why,
        members=tuple(members),
        fail_fast=fail_fast,
        max_parallel=most if most > 0 else None,
        problems=_unwise(fields, strategy, len(found)),
    )


def _cells(fields: Fields, strategy: Strategy) -> tuple[MatrixCell | None, ...]:
    """The cells of the job's matrix; a job without one has a single cell that is None.

    So has one whose cells are all excluded: GitHub then runs the job once, with a null matrix.
    """
    if strategy.matrix is None:
        return (None,)
    value = fields.value("strategy", strategy.matrix)
    try:
        return cells(value) or (None,)
    except MatrixError as error:
        place = _innermost(strategy.matrix, error.path)
        raise fields.refuse("strategy", place, error.message, error.remedy) from error


def _innermost(tree: Tree, path: tuple[str | int, ...]) -> Tree:
    """The deepest value on a path that stands in the file; expressions hide what is behind them.

    A path into an entry (``exclude``, 1, ``os``) means that key, not its value.
    """
    best = tree
    found: Tree
    for depth, part in enumerate(path):
        if isinstance(tree, Map) and isinstance(part, str):
            key = next((k for k, _ in tree if k.source == part), None)
            tree = key if depth == 2 else tree.get(part)
            found = tree if isinstance(tree, Text | Seq | Map) else key
        elif isinstance(tree, Seq) and isinstance(part, int) and part < len(tree.items):
            found = tree = tree.items[part]
        else:
            break
        best = found if isinstance(found, Text | Seq | Map) else best
    return best


def _unwise(fields: Fields, strategy: Strategy, count: int) -> tuple[Problem, ...]:
    if count <= LIMIT:
        return ()
    return (
        Problem(
            rule="matrix-size",
            severity="warning",
            span=fields.place(strategy.matrix),
            message=f"The matrix of job '{fields.job.id}' makes {count} jobs; "
            f"GitHub refuses more than {LIMIT}",
            help="divide the matrix over several jobs before it goes to GitHub",
        ),
    )


def _nothing_selected(request: Request, node: Node, fields: Fields) -> Expansion:
    wanted = ", ".join(f"{key}:{v}" for key, values in request.cells.items() for v in values)
    why = f"no cell of its matrix matches --matrix {wanted}"
    skipped = Skipped(
        key=node.key,
        id=node.job.id,
        name=shown_name(node, fields),
        why=why,
        kind="unselected",
    )
    return Expansion(why=why, members=(skipped,))


def _member(
    request: Request,
    node: Node,
    needs: dict[str, Need],
    fields: Fields,
    strategy: StrategyValues,
    cell: MatrixCell | None,
) -> Member:
    """One cell of a node; a job without a matrix has one."""
    key = node.key if cell is None else f"{node.key}#{strategy.job_index}"
    here = fields.seen_in(of_cell(fields.scope, cell.values if cell else None, strategy))
    name = ""
    try:
        name = _cell_name(node, here, cell)
        if node.job.uses is not None:
            return Cell(
                key=key,
                id=node.job.id,
                name=name,
                call=reuse.call_of(request, node, here, name, key),
                needs=needs,
                concurrency=_concurrency(here, node.job.concurrency),
                strategy=strategy,
            )
        return _spec(request, node, needs, here, strategy, cell, key, name)
    except _Nowhere as error:
        if request.options.skip_unavailable:
            return Skipped(
                key=key, id=node.job.id, name=name, why=error.message, kind="unavailable"
            )
        return _failed(node, here, error, key, name)
    except AgentmeshError as error:
        return _failed(node, here, error, key, name or _default_name(node, cell))


def _spec(
    request: Request,
    node: Node,
    needs: dict[str, Need],
    fields: Fields,
    strategy: StrategyValues,
    cell: MatrixCell | None,
    key: str,
    name: str,
) -> JobSpec:
    job = node.job
    labels = _labels(fields)
    github = fields.scope.contexts["github"]
    return JobSpec(
        run=request.run,
        key=key,
        id=job.id,
        name=name,
        job=job,
        workflow_path=node.call.workflow.path,
        workflow_env=node.call.workflow.env,
        defaults=node.call.workflow.defaults,
        github=github if isinstance(github, dict) else {},
        inputs=node.call.inputs,
        vars=request.vars,
        matrix=cell.values if cell else None,
        strategy=strategy,
        needs=needs,
        secrets=node.call.secrets,
        labels=labels,
        platform=_platform(request, fields, labels),
        timeout_minutes=_minutes(fields, "timeout-minutes", job.timeout_minutes, TIMEOUT_MINUTES),
        cancel_timeout_minutes=_minutes(
            fields, "cancel-timeout-minutes", job.cancel_timeout_minutes, CANCEL_TIMEOUT_MINUTES
        ),
        continue_on_error=fields.flag("continue-on-error", job.continue_on_error),
        permissions=job.permissions or node.call.permissions,
        environment=_environment(fields),
        concurrency=_concurrency(fields, job.concurrency),
        source=request.source,
        options=request.options,
    )


def _cell_name(node: Node, fields: Fields, cell: MatrixCell | None) -> str:
    """A name with an expression is complete; to one without the cell's values are added."""
    name = node.job.name
    if name is not None and "${{" in name.source:
        text = fields.text("name", name)
        if text:
            return node.call.prefix + text
    return _default_name(node, cell)


def _default_name(node: Node, cell: MatrixCell | None) -> str:
    name = node.job.name
    base = name.source if name is not None and "${{" not in name.source else ""
    return node.call.prefix + display_name(base or node.job.id, cell.segments if cell else ())


def _labels(fields: Fields) -> tuple[str, ...]:
    """The labels of ``runs-on``; the name of a runner group counts where there are no labels."""
    tree = fields.job.runs_on
    value = fields.value("runs-on", tree)
    labels: list[Value] = []
    if isinstance(value, dict):
        named = value.get("labels")
        labels = named if isinstance(named, list) else [named]
        group = value.get("group")
        if not any(labels) and isinstance(group, str):
            labels = [group.rpartition("/")[2]]
    else:
        labels = value if isinstance(value, list) else [value]
    if not labels or any(label is None or label == "" for label in labels):
        raise fields.refuse("runs-on", tree, "Unexpected value ''", _RUNNER)
    if any(isinstance(label, dict | list) for label in labels):
        raise fields.refuse("runs-on", tree, "A mapping or sequence was not expected", _RUNNER)
    return tuple(dict.fromkeys(to_string(label).strip() for label in labels))


_RUNNER = "name a runner label, such as ubuntu-latest"


def _platform(request: Request, fields: Fields, labels: tuple[str, ...]) -> str:
    found = choose(labels, request.options)
    if isinstance(found, Absent):
        raise _Nowhere(found.message, where=fields.place(fields.job.runs_on), remedy=found.remedy)
    return found


def _minutes(fields: Fields, key: str, tree: Tree, default: float) -> float:
    return default if tree is None else float(fields.number(key, tree))


def _environment(fields: Fields) -> str:
    tree = fields.job.environment
    if tree is None:
        return ""
    if isinstance(tree, Map):
        return fields.text("environment", tree.get("name"))
    value = fields.value("environment", tree)
    if isinstance(value, dict):
        name = value.get("name")
        return name if isinstance(name, str) else ""
    return fields.text("environment", tree)


def _concurrency(fields: Fields, tree: Concurrency | None) -> Concurrency | None:
    if tree is None:
        return None
    group = fields.text("concurrency", tree.group)
    if not group:
        raise fields.refuse("concurrency", tree.group, "Concurrency group name cannot be empty")
    if len(group) > GROUP_LENGTH:
        raise fields.refuse(
            "concurrency",
            tree.group,
            f"Concurrency group name must be less than {GROUP_LENGTH} characters",
        )
    return Concurrency(
        group=Text(group, tree.group.line, tree.group.column),
        cancel_in_progress=fields.flag("concurrency", tree.cancel_in_progress),
        queue=tree.queue,
    )


def _uses(source: str, contexts: tuple[str, ...]) -> bool:
    """Whether a text's expressions read one of these contexts."""
    if "${{" not in source:
        return False
    try:
        names = references(source)
    except AgentmeshError:
        return True
    return any(name.partition(".")[0] in contexts for name in names)
