"""A called workflow may not ask for more than its caller has.

Called by :mod:`agentmesh.plan.reuse`. Follows "Reusing workflow configurations" of GitHub's
documentation and the published runner's wording. Where neither the calling job nor its workflow
says ``permissions``, the repository's settings decide on GitHub; there are none here, so all is
allowed.
"""

from __future__ import annotations

from agentmesh.lang.model import Job, Permissions, Workflow

Limit = Permissions | None

SCOPES = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
)

_RANK = {"none": 0, "read": 1, "write": 2}


def level(permissions: Permissions, scope: str) -> str:
    """What is granted for a scope: ``none``, ``read`` or ``write``."""
    return permissions.scopes.get(scope) or permissions.all or "none"


def violations(caller: Job, callee: Workflow, limit: Limit) -> list[str]:
    """What a called workflow and its jobs ask for beyond ``limit``, in GitHub's words."""
    if limit is None:
        return []
    begin = f"Error calling workflow '{caller.uses}'. "
    found: list[str] = []
    if callee.permissions is not None and (excess := _excess(callee.permissions, limit)):
        found.append(f"{begin}The workflow is requesting {_says(excess)}.")
    found += [
        f"{begin}The nested job '{job.id}' is requesting {_says(excess)}."
        for job in callee.jobs.values()
        if job.permissions is not None and (excess := _excess(job.permissions, limit))
    ]
    return found


def _excess(asked: Permissions, limit: Permissions) -> list[tuple[str, str, str]]:
    """The scopes that are asked for beyond the limit, with both levels."""
    return [
        (scope, level(asked, scope), level(limit, scope))
        for scope in SCOPES
        if _RANK[level(asked, scope)] > _RANK[level(limit, scope)]
    ]


def _says(excess: list[tuple[str, str, str]]) -> str:
    asked = ", ".join(f"{scope}: {wanted}" for scope, wanted, _ in excess)
    allowed = ", ".join(f"{scope}: {granted}" for scope, _, granted in excess)
    return f"'{asked}', but is only allowed '{allowed}'"
