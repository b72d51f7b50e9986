"""The ``jobs`` of a workflow, and how they need each other.

Called by :mod:`agentmesh.lang.parse.workflows`, after the check against the table; what that has
reported is passed over here. Follows ``Conversion/WorkflowTemplateConverter.cs`` of the runner.
"""

from __future__ import annotations

from agentmesh.lang.model import (
    Defaults,
    Job,
    Permissions,
    Strategy,
    Text,
)
from agentmesh.lang.parse.concurrency import concurrency
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.ids import wrong_id
from agentmesh.lang.parse.limits import check_container, check_matrix, check_runs_on
from agentmesh.lang.parse.steps import advise_full_commit, condition, steps
from agentmesh.lang.parse.uses import short_commit, wrong_call
from agentmesh.lang.parse.values import (
    boolean,
    entries,
    fields,
    number,
    plain,
    text,
    text_of,
    tree,
)
from agentmesh.lang.yaml import Mapping, Node, Scalar, Sequence


def jobs(node: Node | None, findings: Findings) -> dict[str, Job]:
    """All jobs by their ids; finds wrong ids, needs that nobody meets, and cycles."""
    if not isinstance(node, Mapping):
        return {}
    found: dict[str, Job] = {}
    seen: set[str] = set()
    for key, value in entries(node):
        name = text_of(key.value)
        if not isinstance(value, Mapping) or name.lower() in seen:
            continue
        seen.add(name.lower())
        wrong = wrong_id(name) if name and OPEN not in name else ""
        if wrong:
            findings.add(key, "job-id", wrong)
        found[name] = _job(name, key, value, findings)
    _check_needs(node, found, findings)
    return found


def _job(name: str, key: Scalar, node: Mapping, findings: Findings) -> Job:
    at = fields(node)
    _check_call(at.get("uses"), findings)
    check_runs_on(at.get("runs-on"), findings)
    check_container(at.get("container"), findings, service=False)
    for _, service in entries(at.get("services")):
        check_container(service, findings, service=True)
    if "steps" not in at and "uses" not in at and "runs-on" in at:
        findings.add(key, "job-steps", f"Job '{name}' has no steps", severity="warning")
    return Job(
        id=name,
        line=key.line,
        column=key.column,
        name=text(at.get("name")),
        needs=_needs(at.get("needs")),
        if_=condition(at.get("if")),
        strategy=_strategy(at.get("strategy"), findings),
        permissions=permissions(at.get("permissions")),
        concurrency=concurrency(at.get("concurrency"), findings),
        runs_on=tree(at.get("runs-on")),
        environment=tree(at.get("environment")),
        env=tree(at.get("env")),
        defaults=defaults(at.get("defaults")),
        outputs=tree(at.get("outputs")),
        timeout_minutes=number(at.get("timeout-minutes")),
        cancel_timeout_minutes=number(at.get("cancel-timeout-minutes")),
        continue_on_error=boolean(at.get("continue-on-error"), False),
        container=tree(at.get("container")),
        services=tree(at.get("services")),
        snapshot=tree(at.get("snapshot")),
        steps=steps(at.get("steps"), findings),
        uses=text(at.get("uses")),
        with_=tree(at.get("with")),
        secrets=None if plain(at.get("secrets")) == "inherit" else tree(at.get("secrets")),
        inherit_secrets=plain(at.get("secrets")) == "inherit",
    )


def _check_call(node: Node | None, findings: Findings) -> None:
    uses = plain(node)
    if node is None or not uses or OPEN in uses:
        return
    message, unwise = wrong_call(uses)
    if message:
        findings.add(node, "job-uses", message, severity="warning" if unwise else "error")
    elif short_commit(uses):
        advise_full_commit(node, uses, findings)


def _needs(node: Node | None) -> tuple[Text, ...]:
    nodes = node.items if isinstance(node, Sequence) else (node,)
    found = [
        Text(plain(need), need.line, need.column) for need in nodes if isinstance(need, Scalar)
    ]
    # An expression is not allowed here, which has been reported.
    return tuple(need for need in found if need.source and OPEN not in need.source)


def _strategy(node: Node | None, findings: Findings) -> Strategy | None:
    if node is None:
        return None
    if isinstance(node, Scalar):
        # The whole strategy is one expression; the matrix of the model may be one, it alone.
        return Strategy(tree(node), line=node.line, column=node.column)
    at = fields(node)
    check_matrix(at.get("matrix"), findings)
    return Strategy(
        tree(at.get("matrix")),
        boolean(at.get("fail-fast"), True),
        _whole(at.get("max-parallel")),
        node.line,
        node.column,
    )


def _whole(node: Node | None) -> Text | int | None:
    value = number(node)
    if isinstance(value, float):
        return int(value) if abs(value) < 2**31 else None
    return value


def permissions(node: Node | None) -> Permissions | None:
    """``permissions`` of a workflow or a job."""
    if isinstance(node, Mapping):
        return Permissions("", {name: plain(level) for name, level in fields(node).items()})
    word = plain(node)
    return Permissions("read" if word == "read-all" else "write") if word else None


def defaults(node: Node | None) -> Defaults:
    """``defaults`` of a workflow or a job."""
    at = fields(fields(node).get("run"))
    return Defaults(text(at.get("shell")), text(at.get("working-directory")))


def _check_needs(node: Mapping, found: dict[str, Job], findings: Findings) -> None:
    names = {name.lower(): name for name in found}
    waiting = {name.lower(): job.needs for name, job in found.items()}
    done = _reachable(waiting)
    if not done and len(found) == len(node.items):
        message = "The workflow must contain at least one job with no dependencies."
        findings.add(node, "job-needs", message)
    for name, needs in waiting.items():
        for need in needs:
            key = need.source.lower()
            if key not in names:
                message = f"Job '{names[name]}' depends on unknown job '{need.source}'."
                findings.add(
                    need, "job-needs", message, findings.suggest(need.source, names.values())
                )
            elif done and name not in done and key not in done:
                message = (
                    f"Job '{names[name]}' depends on job '{need.source}' which creates a cycle "
                    "in the dependency graph."
                )
                findings.add(need, "job-needs", message, "Remove one of the needs of the cycle.")


def _reachable(waiting: dict[str, tuple[Text, ...]]) -> set[str]:
    """The jobs that can start at some time, if all goes well."""
    missing = {name: {need.source.lower() for need in needs} for name, needs in waiting.items()}
    needed_by: dict[str, list[str]] = {}
    for name, needs in missing.items():
        for need in needs:
            needed_by.setdefault(need, []).append(name)
    ready = [name for name, needs in missing.items() if not needs]
    done: set[str] = set()
    while ready:
        name = ready.pop()
        done.add(name)
        for waits in needed_by.get(name, ()):
            missing[waits].discard(name)
            if not missing[waits]:
                ready.append(waits)
    return done
