"""The events that start a workflow: their activity types and their filters.

From "Events that trigger workflows" of GitHub's documentation and the schema that GitHub publishes
with ``@actions/workflow-parser``.
"""

from __future__ import annotations

_BRANCHES = "branches branches-ignore"
_PATHS = "paths paths-ignore"
_EDITS = "created edited deleted"
_PULL_REQUEST = (
    "assigned unassigned labeled unlabeled opened edited closed reopened synchronize "
    "converted_to_draft locked unlocked enqueued dequeued milestoned demilestoned "
    "ready_for_review review_requested review_request_removed auto_merge_enabled "
    "auto_merge_disabled stacked"
)

EVENTS: dict[str, tuple[str, str]] = {
    "branch_protection_rule": (_EDITS, ""),
    "check_run": ("completed created rerequested requested_action", ""),
    "check_suite": ("completed", ""),
    "create": ("", ""),
    "delete": ("", ""),
    "deployment": ("", ""),
    "deployment_status": ("", ""),
    "discussion": (
        "created edited deleted transferred pinned unpinned labeled unlabeled locked unlocked "
        "category_changed answered unanswered",
        "",
    ),
    "discussion_comment": (_EDITS, ""),
    "fork": ("", ""),
    "gollum": ("", ""),
    "image_version": ("created ready deleted", "names versions"),
    "issue_comment": (_EDITS, ""),
    "issues": (
        "opened edited deleted transferred pinned unpinned closed reopened assigned unassigned "
        "labeled unlabeled locked unlocked milestoned demilestoned field_added field_removed "
        "typed untyped",
        "",
    ),
    "label": (_EDITS, ""),
    "merge_group": ("checks_requested", _BRANCHES),
    "milestone": ("created closed opened edited deleted", ""),
    "page_build": ("", ""),
    "project": ("created closed reopened edited deleted", ""),
    "project_card": ("created moved converted edited deleted", ""),
    "project_column": ("created updated moved deleted", ""),
    "public": ("", ""),
    "pull_request": (_PULL_REQUEST, f"{_BRANCHES} {_PATHS}"),
    "pull_request_comment": (_EDITS, ""),
    "pull_request_review": ("submitted edited dismissed", ""),
    "pull_request_review_comment": (_EDITS, ""),
    "pull_request_target": (_PULL_REQUEST, f"{_BRANCHES} {_PATHS}"),
    "push": ("", f"{_BRANCHES} tags tags-ignore {_PATHS}"),
    "registry_package": ("published updated", ""),
    "release": ("published unpublished created edited deleted prereleased released", ""),
    "status": ("", ""),
    "watch": ("started", ""),
    "workflow_run": ("requested completed in_progress", f"workflows {_BRANCHES}"),
}
"""Event → its activity types and its filters, each a text of words; an event with neither takes
no mapping. Events with a form of their own are in :data:`SPECIAL`."""

SPECIAL = ("repository_dispatch", "schedule", "workflow_call", "workflow_dispatch")
"""Events whose value has a form of its own."""
