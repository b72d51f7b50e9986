"""What the expressions of a job see before it runs: contexts and status functions.

Called by :mod:`agentmesh.plan.expand`, ``build`` and ``reuse``. Follows "Contexts reference" of
GitHub's documentation; the status functions of a job look at all its ancestors, not only at the
jobs it names in ``needs`` (a job behind a skipped one is skipped too, whatever stands between
them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.plan.model import Call, Json, Need, Node, Request, StrategyValues

Function = Callable[[list[Value]], Value]


def github_of(request: Request, call: Call) -> dict[str, Json]:
    """The github context of a call's jobs."""
    return {**request.github, **call.github}


def of_workflow(request: Request, call: Call) -> Scope:
    """What ``run-name`` and the workflow's ``concurrency`` see."""
    return Scope(
        {
            "github": github_of(request, call),
            "inputs": call.inputs,
            "vars": dict(request.vars),
        },
        {},
    )


def of_node(
    request: Request, node: Node, needs: Mapping[str, Need], *, cancelled: bool = False
) -> Scope:
    """What a job's ``if`` and ``strategy`` see. ``needs`` holds all ancestors by job id."""
    contexts: dict[str, Value] = {
        "github": github_of(request, node.call),
        "inputs": node.call.inputs,
        "vars": dict(request.vars),
        "needs": {name: need_value(need) for name, need in direct(node, needs).items()},
    }
    return Scope(contexts, status_functions(needs, cancelled=cancelled))


def of_cell(scope: Scope, matrix: dict[str, Value] | None, strategy: StrategyValues) -> Scope:
    """The same for one cell of the job's matrix."""
    contexts: dict[str, Value] = {
        **scope.contexts,
        "matrix": matrix,
        "strategy": {
            "fail-fast": strategy.fail_fast,
            "job-index": strategy.job_index,
            "job-total": strategy.job_total,
            "max-parallel": strategy.max_parallel,
        },
    }
    return Scope(contexts, scope.functions)


def direct(node: Node, needs: Mapping[str, Need]) -> dict[str, Need]:
    """Of all ancestors, those that the job names in its ``needs``."""
    known = {name.lower(): name for name in needs}
    names = (known.get(text.source.lower()) for text in node.job.needs)
    return {name: needs[name] for name in names if name is not None}


def need_value(need: Need) -> Value:
    """An entry of the ``needs`` context."""
    return {"result": need.result, "outputs": dict(need.outputs)}


def status_functions(needs: Mapping[str, Need], *, cancelled: bool) -> dict[str, Function]:
    """``success``, ``failure``, ``always`` and ``cancelled``, as a job's ``if`` has them.

    ``success`` and ``failure`` take names of jobs, to look at those alone.
    """
    by_name = {name.lower(): need.result for name, need in needs.items()}

    def results(arguments: list[Value]) -> list[str]:
        if not arguments:
            return list(by_name.values())
        return [by_name.get(to_string(name).lower(), "") for name in arguments]

    return {
        "success": lambda args: not cancelled and all(r == "success" for r in results(args)),
        "failure": lambda args: any(r == "failure" for r in results(args)),
        "always": lambda args: True,
        "cancelled": lambda args: cancelled,
    }
