"""The ``steps`` of a job or of a composite action.

Called by :mod:`agentmesh.lang.parse.jobs` and :mod:`agentmesh.lang.parse.actions`, after the check
against the table; what that has reported is passed over here.
"""

from __future__ import annotations

from agentmesh.lang.model import Step, Text
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.ids import wrong_id
from agentmesh.lang.parse.uses import short_commit, wrong_step
from agentmesh.lang.parse.values import boolean, fields, number, plain, strings, text, tree
from agentmesh.lang.yaml import Mapping, Node, Scalar, Sequence

MAX_PARALLEL = 10
"""Steps of a job that may run beside each other."""

_CONTROL = ("wait", "wait-all", "cancel")
"""Keys of steps that are about other steps."""


def steps(node: Node | None, findings: Findings) -> tuple[Step, ...]:
    """The steps of a sequence; finds wrong and repeated ids, targets and references."""
    if not isinstance(node, Sequence):
        return ()
    known: dict[str, str] = {}
    return tuple(_step(item, known, findings) for item in node.items if isinstance(item, Mapping))


def _step(node: Mapping, known: dict[str, str], findings: Findings) -> Step:
    at = fields(node)
    _check_id(at.get("id"), known, findings)
    _check_uses(at.get("uses"), findings)
    if not at.keys().isdisjoint(_CONTROL):
        _check_targets(at, known, findings)
    return Step(
        line=node.line,
        column=node.column,
        id=plain(at.get("id")),
        name=text(at.get("name")),
        if_=condition(at.get("if")),
        run=text(at.get("run")),
        uses=text(at.get("uses")),
        with_=tree(at.get("with")),
        env=tree(at.get("env")),
        shell=text(at.get("shell")),
        working_directory=text(at.get("working-directory")),
        continue_on_error=boolean(at.get("continue-on-error"), False),
        timeout_minutes=number(at.get("timeout-minutes")),
        background=boolean(at.get("background"), False) is True,
        wait=strings(at.get("wait")),
        wait_all="wait-all" in at,
        cancel=plain(at.get("cancel")),
        parallel=_parallel(at["parallel"], node, known, findings) if "parallel" in at else (),
    )


def condition(node: Node | None) -> bool | Text | None:
    """The value of an ``if``: none where it is empty, as then ``success()`` is meant."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    found = text(node)
    return found if found is not None and found.source.strip() else None


def _check_id(node: Node | None, known: dict[str, str], findings: Findings) -> None:
    name = plain(node)
    if node is None or not name or OPEN in name:
        return
    wrong = wrong_id(name)
    if not wrong and name.lower() in known:
        wrong = f"The identifier '{name}' may not be used more than once within the same scope."
    if wrong:
        findings.add(node, "step-id", wrong)
    else:
        known[name.lower()] = name


def _check_uses(node: Node | None, findings: Findings) -> None:
    uses = plain(node)
    if node is None or not uses or OPEN in uses:
        return
    wrong = wrong_step(uses)
    if wrong:
        remedy = "" if "@" in uses else "Name a version behind '@'."
        findings.add(node, "step-uses", wrong, remedy)
    elif short_commit(uses):
        advise_full_commit(node, uses, findings)


def advise_full_commit(node: Node, uses: str, findings: Findings) -> None:
    """GitHub finds commits by their full id alone."""
    message = (
        f"The provided ref '{short_commit(uses)}' may be a shortened commit SHA. If so, please "
        "use the full 40-character commit SHA instead, as short SHAs are not supported."
    )
    findings.add(node, "short-sha", message, severity="warning")


def _check_targets(at: dict[str, Node], known: dict[str, str], findings: Findings) -> None:
    wait_all = at.get("wait-all")
    if isinstance(wait_all, Scalar) and wait_all.value is False:
        message = "The value of 'wait-all' must be true or omitted"
        findings.add(wait_all, "step-target", message)
    own = plain(at.get("id"))
    wait = at.get("wait")
    targets = list(wait.items) if isinstance(wait, Sequence) else [wait]
    for node in (*targets, at.get("cancel")):
        name = plain(node)
        if node is None or not name:
            continue
        if name.startswith("__"):
            findings.add(node, "step-target", wrong_id(name))
        elif own and name.lower() == own.lower():
            findings.add(node, "step-target", f"Step '{own}' cannot reference itself")
        elif name.lower() not in known:
            message = f"Step references unknown step ID '{name}'"
            findings.add(node, "step-target", message, findings.suggest(name, known.values()))


def _parallel(
    node: Node | None, step: Mapping, known: dict[str, str], findings: Findings
) -> tuple[Step, ...]:
    if not isinstance(node, Sequence):
        return ()
    found = []
    for item in node.items:
        if not isinstance(item, Mapping):
            continue
        at = fields(item)
        for key in ("background", "wait", "wait-all", "cancel"):
            if key in at:
                findings.add(step, "step-parallel", _not_in_parallel(key))
        if "parallel" in at:
            message = "Nested 'parallel' blocks are not allowed."
            findings.add(step, "step-parallel", message)
            continue
        found.append(_step(item, known, findings))
    if len(found) > MAX_PARALLEL:
        message = f"At most {MAX_PARALLEL} steps may run in parallel"
        findings.add(node, "step-parallel", message, "Split the block.")
    return tuple(found)


def _not_in_parallel(key: str) -> str:
    more = (
        " Steps in a parallel block are automatically run as background steps."
        if key == "background"
        else ""
    )
    return f"'{key}' is not allowed inside a parallel block.{more}"
