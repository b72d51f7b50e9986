"""Makes the graph of a run: which workflows run for the event, which of their jobs, in which order.

Called by :mod:`agentmesh.app.plan` and by the run. Pure. What GitHub would refuse before it starts
anything (needs in a circle, calls that do not fit, inputs that are missing) is raised as one
WorkflowError that holds every problem; matrices and conditions wait for
:mod:`agentmesh.plan.expand`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from posixpath import basename
from typing import Literal

import msgspec

from agentmesh.core.errors import AgentmeshError, WorkflowError
from agentmesh.core.problem import Problem, Span, ordered
from agentmesh.lang.expr.template import render, render_text
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.inputs import from_texts
from agentmesh.lang.model import Concurrency, Job, Text, Tree, Trigger, Workflow
from agentmesh.lang.triggers import Decision, decide
from agentmesh.plan import reuse
from agentmesh.plan.contexts import of_workflow
from agentmesh.plan.expand import GROUP_LENGTH
from agentmesh.plan.graph import needs_of, with_ancestors
from agentmesh.plan.model import Call, Json, Node, Plan, Request, Skipped


def build(request: Request) -> Plan:
    """The plan of a run. Raises WorkflowError where a workflow or the request cannot be used."""
    decisions = [decide(w, request.github, request.changed_files) for w in request.workflows]
    chosen = _chosen_jobs(request, decisions)
    nodes: list[Node] = []
    skipped: list[Skipped] = []
    left_out: list[Skipped] = []
    run_names: dict[str, str] = {}
    concurrency: dict[str, Concurrency] = {}
    problems: list[Problem] = []
    prefixes = _prefixes(request.workflows)
    for workflow, decision, prefix in zip(request.workflows, decisions, prefixes, strict=True):
        wanted = chosen.get(workflow.path)
        if not decision.runs and not (request.jobs and wanted):
            if decision.heard:
                skipped += _without(workflow, prefix, workflow.jobs, decision.why, "filter")
            else:
                left_out += _without(workflow, prefix, workflow.jobs, decision.why, "untriggered")
            continue
        try:
            call = _call(request, workflow, problems)
            nodes += _nodes(call, prefix, wanted)
            run_names[workflow.path] = _run_name(request, call)
            if workflow.concurrency is not None:
                concurrency[workflow.path] = _concurrency(request, call, workflow.concurrency)
        except WorkflowError as error:
            problems += error.problems or (_problem(workflow, error),)
            continue
        others = [name for name in workflow.jobs if wanted is not None and name not in wanted]
        left_out += _without(workflow, prefix, others, "not selected by --job", "unselected")
        problems += reuse.problems(request, call)
    if problems:
        raise _refused(problems)
    return Plan(
        request=request,
        nodes=tuple(nodes),
        skipped=tuple(skipped),
        left_out=tuple(left_out),
        run_names=run_names,
        concurrency=concurrency,
    )


def job_keys(workflows: tuple[Workflow, ...]) -> list[tuple[str, Workflow, Job]]:
    """Every job of a run's workflows with its key."""
    return [
        (prefix + name, workflow, job)
        for workflow, prefix in zip(workflows, _prefixes(workflows), strict=True)
        for name, job in workflow.jobs.items()
    ]


def _chosen_jobs(request: Request, decisions: list[Decision]) -> dict[str, set[str]]:
    """Workflow path → the jobs that ``--job`` leaves in it; empty where nobody named jobs.

    A job is looked for in the workflows that run for the event; where it is in none of those, a
    person who names it wants it all the same, and it is taken from any other.
    """
    if not request.jobs:
        return {}
    heard = [w for w, d in zip(request.workflows, decisions, strict=True) if d.runs]
    chosen: dict[str, set[str]] = {w.path: set() for w in request.workflows}
    for name in request.jobs:
        first = reuse.split_job(name)[0].lower()
        for workflows in (heard, request.workflows):
            found = [(w, j) for w in workflows for j in w.jobs if j.lower() == first]
            for workflow, job in found:
                chosen[workflow.path] |= with_ancestors([job], needs_of(workflow))
            if found:
                break
        else:
            raise _no_such_job(request, name)
    return chosen


def _no_such_job(request: Request, name: str) -> WorkflowError:
    from difflib import get_close_matches

    known = [job for workflow in request.workflows for job in workflow.jobs]
    close = get_close_matches(name, known, 1)
    hint = f"did you mean {close[0]}? " if close else ""
    return WorkflowError(
        f"there is no job '{name}'", remedy=f"{hint}The jobs are {', '.join(known) or 'none'}"
    )


def _prefixes(workflows: tuple[Workflow, ...]) -> list[str]:
    """What keys begin with: nothing in a run of one workflow, else its file's name."""
    if len(workflows) == 1:
        return [""]
    prefixes: list[str] = []
    for workflow in workflows:
        stem = basename(workflow.path).rpartition(".")[0] or basename(workflow.path)
        stem = stem.translate({ord(char): "-" for char in ":/#"})
        number = 1
        prefix = f"{stem}:"
        while prefix in prefixes:
            number += 1
            prefix = f"{stem}~{number}:"
        prefixes.append(prefix)
    return prefixes


def _call(request: Request, workflow: Workflow, problems: list[Problem]) -> Call:
    """The call that a workflow's own jobs stand in."""
    github = request.github
    repository = str(github.get("repository", ""))
    call = Call(
        workflow=workflow,
        secrets={name: name for name in request.secrets},
        permissions=workflow.permissions,
        github={
            "workflow": workflow.name or workflow.path,
            "workflow_ref": f"{repository}/{workflow.path}@{github.get('ref', '')}",
            "workflow_sha": github.get("sha", ""),
        },
    )
    event = str(github.get("event_name", ""))
    trigger = workflow.trigger(event)
    if trigger is None or event not in ("workflow_dispatch", "workflow_call"):
        return call
    scope = of_workflow(request, call)
    values, found = from_texts(
        workflow.path, trigger, _given(request), lambda tree: render(tree, scope)
    )
    problems += found
    if event == "workflow_dispatch" and trigger.inputs:
        call.github["event"] = _with_inputs(request, trigger, values)
    return msgspec.structs.replace(call, inputs=values)


def _with_inputs(
    request: Request, trigger: Trigger, values: Mapping[str, Value]
) -> dict[str, Json]:
    """The payload with defaults for inputs that nobody gave, as texts, the way GitHub sends it."""
    event = request.github.get("event")
    given = _given(request)
    names = {name.lower() for name in given}
    defaults = {
        item.name: to_string(values.get(item.name))
        for item in trigger.inputs
        if item.name.lower() not in names
    }
    return {**(event if isinstance(event, dict) else {}), "inputs": {**defaults, **given}}


def _given(request: Request) -> dict[str, Value]:
    """What the payload gives for inputs, and the command line over it."""
    event = request.github.get("event")
    inputs = event.get("inputs") if isinstance(event, Mapping) else None
    return {**(inputs if isinstance(inputs, dict) else {}), **request.inputs}


def _nodes(call: Call, prefix: str, wanted: set[str] | None) -> list[Node]:
    needs = needs_of(call.workflow)
    return [
        Node(
            key=prefix + name,
            job=call.workflow.jobs[name],
            call=call,
            needs=tuple(prefix + need for need in needed),
        )
        for name, needed in needs.items()
        if wanted is None or name in wanted
    ]


def _without(
    workflow: Workflow,
    prefix: str,
    names: Iterable[str],
    why: str,
    kind: Literal["filter", "unselected", "untriggered"],
) -> list[Skipped]:
    return [
        Skipped(
            key=prefix + name,
            id=name,
            name=str(workflow.jobs[name].name or name),
            why=why,
            kind=kind,
        )
        for name in names
    ]


def _run_name(request: Request, call: Call) -> str:
    """``run-name``, or what GitHub shows in its place: what was pushed or proposed."""
    workflow = call.workflow
    if workflow.run_name is not None:
        name = _evaluated(request, call, "run-name", workflow.run_name)
        if name.strip():
            return name
    event = request.github.get("event")
    payload = event if isinstance(event, dict) else {}
    return (
        _title(str(request.github.get("event_name", "")), payload) or workflow.name or workflow.path
    )


def _title(event: str, payload: Mapping[str, Json]) -> str:
    if event == "push":
        commit = payload.get("head_commit")
        message = commit.get("message") if isinstance(commit, dict) else None
        return message.partition("\n")[0] if isinstance(message, str) else ""
    request = payload.get("pull_request")
    title = request.get("title") if isinstance(request, dict) else None
    return title if isinstance(title, str) else ""


def concurrency_of(request: Request, call: Call) -> Concurrency | None:
    """The evaluated ``concurrency`` of a called workflow. Raises WorkflowError."""
    tree = call.workflow.concurrency
    return None if tree is None else _concurrency(request, call, tree)


def _concurrency(request: Request, call: Call, tree: Concurrency) -> Concurrency:
    group = _evaluated(request, call, "concurrency", tree.group)
    if not group or len(group) > GROUP_LENGTH:
        size = f"must be less than {GROUP_LENGTH} characters" if group else "cannot be empty"
        raise WorkflowError(
            f"Concurrency group name {size}", where=_place(call.workflow, tree.group)
        )
    cancel: Value = tree.cancel_in_progress if isinstance(tree.cancel_in_progress, bool) else None
    if isinstance(tree.cancel_in_progress, Text):
        cancel = _value(request, call, "concurrency", tree.cancel_in_progress)
        if not isinstance(cancel, bool):
            raise WorkflowError(
                f"Error when evaluating 'concurrency'. Unexpected value '{to_string(cancel)}'",
                where=_place(call.workflow, tree.cancel_in_progress),
                remedy="let cancel-in-progress be true or false",
            )
    return Concurrency(
        group=Text(group, tree.group.line, tree.group.column),
        cancel_in_progress=cancel is True,
        queue=tree.queue,
    )


def _evaluated(request: Request, call: Call, key: str, text: Text) -> str:
    try:
        return render_text(text, of_workflow(request, call))
    except AgentmeshError as error:
        raise _unevaluated(call, key, text, error) from error


def _value(request: Request, call: Call, key: str, tree: Tree) -> Value:
    try:
        return render(tree, of_workflow(request, call))
    except AgentmeshError as error:
        raise _unevaluated(call, key, tree, error) from error


def _unevaluated(call: Call, key: str, tree: Tree, error: AgentmeshError) -> WorkflowError:
    where = _place(call.workflow, tree) if isinstance(tree, Text) else None
    return WorkflowError(
        f"Error when evaluating '{key}'. {error.message}", where=where, remedy=error.remedy
    )


def _place(workflow: Workflow, text: Text) -> Span:
    return Span(workflow.path, text.line, text.column)


def _problem(workflow: Workflow, error: WorkflowError) -> Problem:
    return Problem(
        rule="workflow",
        span=error.where or Span(workflow.path, 1, 1),
        message=error.message,
        help=error.remedy,
    )


def _refused(problems: list[Problem]) -> WorkflowError:
    found = ordered(problems)
    first = found[0]
    message = first.message if len(found) == 1 else f"{len(found)} problems stop the run"
    return WorkflowError(message, where=first.span, remedy=first.help, problems=found)
