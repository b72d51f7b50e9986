"""What a called workflow may ask for."""

from __future__ import annotations

import pytest

from agentmesh.lang.model import Job, Permissions, Text, Workflow
from agentmesh.plan.permissions import level, violations

CALLER = Job(id="call", uses=Text("./w.yml"))


def asks(root: Permissions | None, job: Permissions | None = None) -> Workflow:
    return Workflow(path="w.yml", permissions=root, jobs={"j": Job(id="j", permissions=job)})


@pytest.mark.parametrize(
    ("permissions", "scope", "expected"),
    [
        (Permissions(), "contents", "none"),
        (Permissions(all="read"), "contents", "read"),
        (Permissions(scopes={"contents": "write"}), "contents", "write"),
        (Permissions(scopes={"contents": "write"}), "issues", "none"),
        (Permissions(scopes={"contents": "none"}), "contents", "none"),
    ],
)
def test_what_is_not_named_is_not_granted(
    permissions: Permissions, scope: str, expected: str
) -> None:
    assert level(permissions, scope) == expected


def test_less_or_as_much_is_allowed() -> None:
    limit = Permissions(scopes={"contents": "write", "issues": "read"})
    assert violations(CALLER, asks(limit, Permissions()), limit) == []
    assert violations(CALLER, asks(Permissions(scopes={"contents": "read"})), limit) == []


def test_nothing_is_known_to_be_too_much_without_a_limit() -> None:
    assert violations(CALLER, asks(Permissions(all="write")), None) == []


def test_more_is_named_for_the_workflow_and_for_each_job() -> None:
    limit = Permissions(scopes={"contents": "read"})
    callee = asks(
        Permissions(scopes={"contents": "write"}), Permissions(scopes={"packages": "read"})
    )
    assert violations(CALLER, callee, limit) == [
        "Error calling workflow './w.yml'. The workflow is requesting 'contents: write', but is "
        "only allowed 'contents: read'.",
        "Error calling workflow './w.yml'. The nested job 'j' is requesting 'packages: read', but "
        "is only allowed 'packages: none'.",
    ]


def test_all_of_it_is_more_than_some_of_it() -> None:
    (found,) = violations(CALLER, asks(Permissions(all="write")), Permissions(all="read"))
    assert "contents: write" in found
