"""``concurrency`` of a workflow and of its jobs, and how they get in each other's way.

Called by :mod:`agentmesh.lang.parse.workflows` and :mod:`agentmesh.lang.parse.jobs`.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentmesh.lang.model import Concurrency, Job
from agentmesh.lang.parse.expressions import OPEN
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.values import boolean, fields, key_of, plain, text
from agentmesh.lang.yaml import Mapping, Node


def concurrency(node: Node | None, findings: Findings) -> Concurrency | None:
    """The group, and what happens to others of it; None where there is no group."""
    if not isinstance(node, Mapping):
        group = text(node)
        return Concurrency(group) if group is not None and group.source else None
    at = fields(node)
    group = text(at.get("group"))
    if group is None:
        return None
    cancel = boolean(at.get("cancel-in-progress"), False)
    queue = plain(at.get("queue")) or "single"
    if queue == "max" and cancel is True:
        message = "'queue: max' cannot be combined with 'cancel-in-progress: true'."
        findings.add(key_of(node, "queue"), "concurrency", message, "Remove one of the two.")
    return Concurrency(group, cancel, queue)


def check_deadlock(workflow: Concurrency | None, jobs: Iterable[Job], findings: Findings) -> None:
    """A job in the group of its own workflow would wait for the workflow to end."""
    if workflow is None or OPEN in workflow.group.source:
        return
    for job in jobs:
        own = job.concurrency
        if own is not None and own.group.source.lower() == workflow.group.source.lower():
            message = (
                f"Concurrency group '{own.group}' is also defined at the workflow level. "
                "This will cause a deadlock."
            )
            remedy = "Give the job a group of its own."
            findings.add(own.group, "concurrency-deadlock", message, remedy, severity="warning")
