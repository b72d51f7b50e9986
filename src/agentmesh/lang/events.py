"""Facts about the events that workflows listen to.

Read by :mod:`agentmesh.lang.triggers` and by those who make an event up. From "Events that trigger
workflows" and "Webhook events and payloads" of GitHub's documentation.
"""

from __future__ import annotations

_PULL_REQUEST = (
    "assigned unassigned labeled unlabeled opened edited closed reopened synchronize "
    "converted_to_draft locked unlocked enqueued dequeued milestoned demilestoned ready_for_review "
    "review_requested review_request_removed auto_merge_enabled auto_merge_disabled"
)

TYPES: dict[str, tuple[str, ...]] = {
    event: tuple(types.split())
    for event, types in {
        "branch_protection_rule": "created edited deleted",
        "check_run": "created rerequested completed requested_action",
        "check_suite": "completed",
        "create": "",
        "delete": "",
        "deployment": "",
        "deployment_status": "",
        "discussion": "created edited deleted transferred pinned unpinned labeled unlabeled locked "
        "unlocked category_changed answered unanswered",
        "discussion_comment": "created edited deleted",
        "fork": "",
        "gollum": "",
        "image_version": "created ready deleted",
        "issue_comment": "created edited deleted",
        "issues": "opened edited deleted transferred pinned unpinned closed reopened assigned "
        "unassigned labeled unlabeled locked unlocked milestoned demilestoned typed untyped",
        "label": "created edited deleted",
        "merge_group": "checks_requested",
        "milestone": "created closed opened edited deleted",
        "page_build": "",
        "project": "created closed reopened edited deleted",
        "project_card": "created moved converted edited deleted",
        "project_column": "created updated moved deleted",
        "public": "",
        "pull_request": _PULL_REQUEST,
        "pull_request_review": "submitted edited dismissed",
        "pull_request_review_comment": "created edited deleted",
        "pull_request_target": _PULL_REQUEST,
        "push": "",
        "registry_package": "published updated",
        "release": "published unpublished created edited deleted prereleased released",
        "repository_dispatch": "",
        "schedule": "",
        "status": "",
        "watch": "started",
        "workflow_call": "",
        "workflow_dispatch": "",
        "workflow_run": "completed requested in_progress",
    }.items()
}
"""Every event → its activity types, the most usual one first; empty where it has none."""

DEFAULT_TYPES: dict[str, tuple[str, ...]] = {
    "pull_request": ("opened", "synchronize", "reopened"),
    "pull_request_target": ("opened", "synchronize", "reopened"),
}
"""The types that count where a trigger names none; for all other events every type does."""

PULL_REQUEST_EVENTS = frozenset(
    ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")
)
"""Events whose payload has a ``pull_request``."""

LIKELY = ("push", "pull_request", "workflow_dispatch", "schedule", "workflow_call")
"""The event to take where nobody named one: the first of these that a workflow listens to."""


def default_types(event: str) -> tuple[str, ...]:
    """The activity types that start a workflow whose trigger names none; empty means all."""
    return DEFAULT_TYPES.get(event, ())
