"""A workflow file, from its root.

Called through :func:`agentmesh.lang.parse.workflow`.
"""

from __future__ import annotations

from agentmesh.lang.data.workflow import ROOT, WORKFLOW
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse.check import check
from agentmesh.lang.parse.concurrency import check_deadlock, concurrency
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.parse.jobs import defaults, jobs, permissions
from agentmesh.lang.parse.triggers import check_any, triggers
from agentmesh.lang.parse.values import fields, plain, text, tree
from agentmesh.lang.yaml import Mapping, Node


def read(root: Node, findings: Findings) -> Workflow | None:
    """The workflow of a file's root, or None where that is no mapping."""
    check(root, WORKFLOW, ROOT, findings)
    if not isinstance(root, Mapping):
        return None
    at = fields(root)
    check_any(at.get("on"), findings)
    group = concurrency(at.get("concurrency"), findings)
    found = jobs(at.get("jobs"), findings)
    check_deadlock(group, found.values(), findings)
    return Workflow(
        path=findings.path,
        name=plain(at.get("name")),
        run_name=text(at.get("run-name")),
        on=triggers(at.get("on"), findings),
        env=tree(at.get("env")),
        defaults=defaults(at.get("defaults")),
        permissions=permissions(at.get("permissions")),
        concurrency=group,
        jobs=found,
    )
