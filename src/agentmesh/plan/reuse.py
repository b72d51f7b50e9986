"""Calls of workflows: ``uses`` at a job.

Called by :mod:`agentmesh.plan.build` (is the call sound?), by :mod:`agentmesh.plan.expand` (what
does it pass?) and by the run coordinator, which opens a call and collects its outputs. Follows
"Reusing workflow configurations" of GitHub's documentation. Ten levels of workflows may stand in a
call, the first one included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath

from agentmesh.core.errors import AgentmeshError, WorkflowError
from agentmesh.core.problem import Problem, Span
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.template import render
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.inputs import EMPTY, InputError, check
from agentmesh.lang.model import Job, Map, Text, Trigger, Workflow
from agentmesh.plan import permissions
from agentmesh.plan.contexts import need_value
from agentmesh.plan.fields import Fields
from agentmesh.plan.graph import needs_of, with_ancestors
from agentmesh.plan.model import Call, Cell, Need, Node, Request
from agentmesh.plan.secrets import mapped, marked

LEVELS = 10
_MISSING = "workflow was not found"
_FROM_ROOT = "check the path, which starts at the repository's root"

_REMOTE = re.compile(r"([^./@\s][^/@\s]*)/([^/@\s]+)/(.+\.ya?ml)@(.+)")


def address(uses: str, caller: str) -> str:
    """What a called workflow is known by, in :attr:`Request.called` and as its ``path``.

    ``./path`` for one of this repository, ``owner/repo/path@ref`` for another's. ``caller`` is the
    path of the workflow that says ``uses``: ``./`` and ``$/`` mean the caller's own repository and,
    where that is another one, its ref.
    """
    if not uses.startswith(("./", "$/")):
        return uses
    path = normpath(uses[2:])
    remote = _REMOTE.fullmatch(caller)
    return f"{remote[1]}/{remote[2]}/{path}@{remote[4]}" if remote else f"./{path}"


def is_remote(address: str) -> bool:
    """Whether an address names a workflow of another repository."""
    return _REMOTE.fullmatch(address) is not None


def problems(request: Request, call: Call) -> list[Problem]:
    """What makes a workflow's calls unsound, theirs included, so that GitHub would refuse it."""
    return _problems(request, call.workflow, call.permissions, (call.workflow.path,))


def call_of(request: Request, node: Node, fields: Fields, name: str, key: str) -> Call:
    """The call that one cell of a calling job makes; ``fields`` read in that cell's scope.

    Raises WorkflowError where an input does not fit or the workflow could not be had.
    """
    job = node.job
    workflow = _called(request, node, fields)
    trigger = workflow.trigger("workflow_call") or Trigger(event="workflow_call")
    limit = job.permissions or node.call.permissions
    matrix = fields.scope.contexts.get("matrix")
    return Call(
        workflow=workflow,
        key=key,
        prefix=f"{name} / ",
        inputs=_inputs(request, node, trigger, fields),
        secrets=_secrets(node, trigger, fields),
        permissions=workflow.permissions or limit,
        depth=node.call.depth + 1,
        matrix=dict(matrix) if isinstance(matrix, dict) else {},
        github=node.call.github,
    )


def open_call(request: Request, cell: Cell) -> tuple[Node, ...]:
    """The nodes of a called workflow, each after what it needs; ``--job a/b`` narrows them down."""
    workflow = cell.call.workflow
    needs = needs_of(workflow)
    wanted = _wanted(request, cell.key, needs)
    return tuple(
        Node(
            key=f"{cell.key}/{name}",
            job=workflow.jobs[name],
            call=cell.call,
            needs=tuple(f"{cell.key}/{need}" for need in needed),
        )
        for name, needed in needs.items()
        if wanted is None or name in wanted
    )


def call_outputs(
    cell: Cell, needs: Mapping[str, Need], request: Request | None = None
) -> dict[str, str]:
    """What a call gives back, once its jobs (``needs``, by job id) have ended.

    Raises WorkflowError where an output's expression fails.
    """
    workflow = cell.call.workflow
    trigger = workflow.trigger("workflow_call")
    declared = trigger.outputs if trigger else None
    if not isinstance(declared, Map):
        return {}
    contexts: dict[str, Value] = {
        "github": {**(request.github if request else {}), **cell.call.github},
        "vars": dict(request.vars) if request else {},
        "inputs": cell.call.inputs,
        "jobs": {name: need_value(need) for name, need in needs.items()},
    }
    outputs: dict[str, str] = {}
    for name, spec in declared:
        value = spec.get("value") if isinstance(spec, Map) else spec
        try:
            outputs[name.source] = to_string(render(value, Scope(contexts, {})))
        except AgentmeshError as error:
            raise WorkflowError(
                f"Error when evaluating output '{name.source}' of the workflow. {error.message}",
                where=Span(workflow.path, name.line, name.column),
                remedy=error.remedy,
            ) from error
    return outputs


def job_path(key: str) -> tuple[str, ...]:
    """The job ids that a key leads through: ``deploy#1/smoke`` → deploy, smoke."""
    return tuple(part.partition("#")[0].rpartition(":")[2] for part in key.split("/") if part)


def split_job(name: str) -> tuple[str, ...]:
    """The job ids in what a person wrote after ``--job``: ``deploy / smoke`` → deploy, smoke."""
    return tuple(part.strip() for part in name.split("/"))


def _wanted(request: Request, key: str, needs: dict[str, tuple[str, ...]]) -> set[str] | None:
    """The jobs of an opened call that ``--job`` leaves, or None for all."""
    path = tuple(part.lower() for part in job_path(key))
    spelling = {name.lower(): name for name in needs}
    chosen: list[str] = []
    for name in request.jobs:
        parts = tuple(part.lower() for part in split_job(name))
        if parts[: len(path)] != path:
            continue
        if len(parts) == len(path):
            return None
        if parts[len(path)] in spelling:
            chosen.append(spelling[parts[len(path)]])
    return with_ancestors(chosen, needs) if chosen else None


def _called(request: Request, node: Node, fields: Fields) -> Workflow:
    uses = node.job.uses or Text("")
    found = request.called.get(address(uses.source, node.call.workflow.path))
    if isinstance(found, Workflow):
        return found
    raise WorkflowError(
        f'error parsing called workflow "{uses.source}": {found or _MISSING}',
        where=fields.place(uses),
        remedy="" if found else _FROM_ROOT,
    )


def _inputs(request: Request, node: Node, trigger: Trigger, fields: Fields) -> dict[str, Value]:
    passed = node.job.with_
    trees = {name.source.lower(): tree for name, tree in passed} if isinstance(passed, Map) else {}
    values: dict[str, Value] = {}
    callee = Scope({k: fields.scope.contexts[k] for k in ("github", "vars")}, {})
    for item in trigger.inputs:
        tree = trees.get(item.name.lower())
        try:
            if item.name.lower() in trees:
                values[item.name] = check(item, fields.value("with", tree))
            elif item.default is not None:
                values[item.name] = check(item, render(item.default, callee))
            else:
                values[item.name] = EMPTY.get(item.type, "")
        except InputError as error:
            raise fields.refuse(
                "with", tree, f"Input {item.name}: {error}", f"it is a {item.type}"
            ) from error
    return values


def _secrets(node: Node, trigger: Trigger, fields: Fields) -> dict[str, str]:
    """The callee's names for secrets; GITHUB_TOKEN is always among them."""
    own = node.call.secrets
    if node.job.inherit_secrets:
        return own
    secrets = {name: value for name, value in own.items() if name.upper() == "GITHUB_TOKEN"}
    if isinstance(node.job.secrets, Map):
        contexts = {**fields.scope.contexts, "secrets": marked(own)}
        scoped = fields.seen_in(Scope(contexts, fields.scope.functions))
        for name, tree in node.job.secrets:
            text = scoped.text("secrets", tree)
            if text:
                secrets[name.source] = mapped(text)
    return secrets


def _problems(
    request: Request,
    workflow: Workflow,
    limit: permissions.Limit,
    chain: tuple[str, ...],
) -> list[Problem]:
    found: list[Problem] = []
    for job in workflow.jobs.values():
        if job.uses is None:
            continue
        where = Span(workflow.path, job.uses.line or job.line, job.uses.column or job.column)
        target = address(job.uses.source, workflow.path)
        callee = request.called.get(target)
        if not isinstance(callee, Workflow):
            if not is_remote(target):
                message = f'error parsing called workflow "{job.uses}": {callee or _MISSING}'
                found.append(_problem(where, message, _FROM_ROOT))
            continue  # one of another repository fails its job when its turn comes
        if target in chain:
            names = " → ".join((*chain[chain.index(target) :], target))
            found.append(_problem(where, f"Workflows call each other in a circle: {names}"))
            continue
        if len(chain) >= LEVELS:
            message = f"Nested reusable workflow depth exceeded {LEVELS - 1}."
            found.append(_problem(where, message))
            continue
        trigger = callee.trigger("workflow_call")
        if trigger is None:
            message = "workflow_call key is not defined in the referenced workflow."
            found.append(_problem(where, message, f"add workflow_call to on: in {callee.path}"))
            continue
        found += _arguments(workflow, job, trigger, where)
        allowed = job.permissions or limit
        found += [_problem(where, text) for text in permissions.violations(job, callee, allowed)]
        inner = callee.permissions or allowed
        found += _problems(request, callee, inner, (*chain, target))
    return found


def _arguments(workflow: Workflow, job: Job, trigger: Trigger, where: Span) -> list[Problem]:
    """Inputs and secrets that are missing in a call, or that the callee does not know."""
    found: list[Problem] = []
    required = {item.name: item.required and item.default is None for item in trigger.inputs}
    kinds: list[tuple[str, object, dict[str, bool]]] = [("input", job.with_, required)]
    if not job.inherit_secrets:
        kinds.append(("secret", job.secrets, trigger.secrets))
    for kind, passed, declared in kinds:
        given = {key.source.lower(): key for key, _ in passed} if isinstance(passed, Map) else {}
        known = {name.lower() for name in declared}
        for name, needed in declared.items():
            if needed and name.lower() not in given:
                text = f"{kind.capitalize()} {name} is required, but not provided while calling."
                found.append(_problem(where, text))
        for lower, key in given.items():
            if lower not in known:
                place = Span(workflow.path, key.line, key.column)
                text = f"Invalid {kind}, {key.source} is not defined in the referenced workflow."
                found.append(_problem(place, text))
    return found


def _problem(where: Span, message: str, remedy: str = "") -> Problem:
    return Problem(rule="call", span=where, message=message, help=remedy)
