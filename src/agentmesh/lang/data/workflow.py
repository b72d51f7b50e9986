"""What a workflow file may hold, and which contexts and functions expressions may use where.

From "Workflow syntax for GitHub Actions" and "Context availability" of GitHub's documentation and
the schema that GitHub publishes with ``@actions/workflow-parser``. Read by
:mod:`agentmesh.lang.parse.check`.
"""

from __future__ import annotations

from agentmesh.lang.data.events import EVENTS, SPECIAL
from agentmesh.lang.schema import COMMON, Keys, Kind, Table

ROOT = "workflow"

_RUN = ("github", "inputs", "vars")
_JOB = (*_RUN, "needs", "strategy", "matrix")
_RUNNER = (*_JOB, "secrets", "steps", "job", "runner", "env")
_STEP = (*_RUNNER, "hashFiles(1,255)")
_STEP_STATUS = ("always(0,0)", "cancelled(0,0)", "failure(0,0)", "success(0,0)")
_JOB_STATUS = ("always(0,0)", "cancelled(0,0)", "failure(0,MAX)", "success(0,MAX)")


def _event_kinds() -> Table:
    """The kinds of events, each under ``on.<event>``, and of their types."""
    kinds: Table = {}
    for event, (types, filters) in EVENTS.items():
        keys = dict.fromkeys(filters.split(), "filled-one-or-more")
        if types:
            words = tuple(types.split())
            kinds[f"type of {event}"] = Kind(words=words)
            kinds[f"types of {event}"] = Kind(words=words, items=f"type of {event}")
            keys["types"] = f"types of {event}"
        shapes = (Keys(keys),) if keys else ()
        kinds[f"on.{event}"] = Kind(null=True, keys=shapes)
    return kinds


_ALL_EVENTS = (*EVENTS, *SPECIAL)

_TRIGGERS: Table = {
    **_event_kinds(),
    "on": Kind(
        words=_ALL_EVENTS,
        items="event",
        keys=(Keys({event: f"on.{event}" for event in _ALL_EVENTS}),),
    ),
    "event": Kind(words=_ALL_EVENTS),
    "on.repository_dispatch": Kind(null=True, keys=(Keys({"types": "filled-list"}),)),
    "on.schedule": Kind(items="schedule"),
    "schedule": Kind(keys=(Keys({"cron": "filled", "timezone": "filled"}, ("cron",)),)),
    "on.workflow_dispatch": Kind(null=True, keys=(Keys({"inputs": "dispatch-inputs"}),)),
    "dispatch-inputs": Kind(null=True, keys=(Keys(others="dispatch-input"),)),
    "dispatch-input": Kind(
        null=True,
        keys=(
            Keys(
                {
                    "description": "text",
                    "type": "dispatch-input-type",
                    "required": "boolean",
                    "default": "scalar",
                    "options": "texts",
                }
            ),
        ),
    ),
    "dispatch-input-type": Kind(words=("string", "boolean", "number", "environment", "choice")),
    "scalar": Kind(text=True, boolean=True, number=True),
    "on.workflow_call": Kind(
        null=True,
        keys=(
            Keys({"inputs": "call-inputs", "secrets": "call-secrets", "outputs": "call-outputs"}),
        ),
    ),
    "call-inputs": Kind(keys=(Keys(others="call-input"),)),
    "call-input": Kind(
        keys=(
            Keys(
                {
                    "description": "text",
                    "type": "call-input-type",
                    "required": "boolean",
                    "default": "call-input-default",
                },
                ("type",),
            ),
        )
    ),
    "call-input-type": Kind(words=("string", "boolean", "number")),
    "call-input-default": Kind(text=True, boolean=True, number=True, names=_RUN),
    "call-secrets": Kind(keys=(Keys(others="call-secret"),)),
    "call-secret": Kind(null=True, keys=(Keys({"description": "text", "required": "boolean"}),)),
    "call-outputs": Kind(keys=(Keys(others="call-output"),)),
    "call-output": Kind(
        keys=(Keys({"description": "text", "value": "call-output-value"}, ("value",)),)
    ),
    "call-output-value": Kind(text=True, names=(*_RUN, "jobs")),
}

_LEVELS: Table = {
    "level": Kind(words=("read", "write", "none")),
    "level-read": Kind(words=("read", "none")),
    "level-write": Kind(words=("write", "none")),
}
SCOPES: dict[str, str] = {
    **dict.fromkeys(
        (
            "actions",
            "artifact-metadata",
            "attestations",
            "checks",
            "code-quality",
            "contents",
            "deployments",
            "discussions",
            "drives",
            "issues",
            "packages",
            "pages",
            "pull-requests",
            "repository-projects",
            "security-events",
            "statuses",
        ),
        "level",
    ),
    **dict.fromkeys(("copilot-requests", "id-token"), "level-write"),
    **dict.fromkeys(("models", "vulnerability-alerts"), "level-read"),
}
"""Scope of a token → kind of its level."""

_STEP_COMMON = {"name": "step-text", "id": "filled"}
_STEP_MAIN = {
    **_STEP_COMMON,
    "if": "step-if",
    "timeout-minutes": "step-number",
    "continue-on-error": "step-boolean",
    "env": "step-map",
    "background": "boolean",
}
_STEP_CONTROL = {**_STEP_COMMON, "continue-on-error": "step-boolean"}

_CONTAINER = {
    "image": "filled",
    "options": "text",
    "env": "container-env",
    "ports": "filled-list",
    "volumes": "filled-list",
    "credentials": "container-credentials",
}

WORKFLOW: Table = {
    **COMMON,
    **_TRIGGERS,
    **_LEVELS,
    "workflow": Kind(
        keys=(
            Keys(
                {
                    "on": "on",
                    "name": "text",
                    "description": "text",
                    "run-name": "run-name",
                    "defaults": "workflow-defaults",
                    "env": "workflow-env",
                    "permissions": "permissions",
                    "concurrency": "workflow-concurrency",
                    "jobs": "jobs",
                },
                ("on", "jobs"),
            ),
        )
    ),
    "run-name": Kind(text=True, names=_RUN),
    "workflow-env": Kind(keys=(Keys(others="text"),), names=(*_RUN, "secrets")),
    "workflow-concurrency": Kind(
        text=True,
        keys=(
            _CONCURRENCY := Keys(
                {"group": "filled", "cancel-in-progress": "boolean", "queue": "queue"}, ("group",)
            ),
        ),
        names=_RUN,
    ),
    "queue": Kind(words=("single", "max")),
    "workflow-defaults": Kind(keys=(Keys({"run": "workflow-defaults-run"}),)),
    "workflow-defaults-run": Kind(
        keys=(_DEFAULTS := Keys({"shell": "filled", "working-directory": "filled"}),)
    ),
    "permissions": Kind(words=("read-all", "write-all"), keys=(Keys(SCOPES),)),
    "jobs": Kind(keys=(Keys(others="job"),)),
    "job": Kind(
        keys=(
            Keys(
                {
                    "name": "job-text",
                    "needs": "filled-one-or-more",
                    "if": "job-if",
                    "strategy": "strategy",
                    "permissions": "permissions",
                    "concurrency": "job-concurrency",
                    "runs-on": "runs-on",
                    "timeout-minutes": "job-number",
                    "cancel-timeout-minutes": "job-number",
                    "continue-on-error": "job-boolean",
                    "container": "container",
                    "services": "services",
                    "env": "job-env",
                    "environment": "environment",
                    "outputs": "job-outputs",
                    "defaults": "job-defaults",
                    "steps": "steps",
                    "snapshot": "snapshot",
                },
                ("runs-on",),
            ),
            Keys(
                {
                    "name": "job-text",
                    "needs": "filled-one-or-more",
                    "if": "job-if",
                    "strategy": "strategy",
                    "permissions": "permissions",
                    "concurrency": "job-concurrency",
                    "uses": "filled",
                    "with": "call-with",
                    "secrets": "call-secret-values",
                },
                ("uses",),
            ),
        )
    ),
    "job-text": Kind(text=True, names=_JOB),
    "job-number": Kind(number=True, names=_JOB),
    "job-boolean": Kind(boolean=True, names=_JOB),
    "job-if": Kind(text=True, condition=True, names=(*_RUN, "needs", *_JOB_STATUS)),
    "strategy": Kind(
        keys=(Keys({"fail-fast": "boolean", "max-parallel": "number", "matrix": "matrix"}),),
        names=(*_RUN, "needs"),
    ),
    "matrix": Kind(
        keys=(Keys({"include": "matrix-cells", "exclude": "matrix-cells"}, (), "any-list"),)
    ),
    "any-list": Kind(items="any"),
    "matrix-cells": Kind(items="matrix-cell"),
    "matrix-cell": Kind(keys=(Keys(others="any"),)),
    "job-concurrency": Kind(filled=True, keys=(_CONCURRENCY,), names=_JOB),
    "runs-on": Kind(
        filled=True,
        items="filled",
        keys=(Keys({"group": "filled", "labels": "filled-one-or-more"}),),
        names=_JOB,
    ),
    "container": Kind(text=True, keys=(Keys(_CONTAINER),), names=_JOB),
    "container-env": Kind(keys=(Keys(others="runner-text"),)),
    "container-credentials": Kind(
        keys=(Keys({"username": "filled", "password": "filled"}),),
        names=(*_RUN, "secrets", "env"),
    ),
    "services": Kind(keys=(Keys(others="service"),), names=_JOB),
    "service": Kind(
        filled=True,
        keys=(Keys({**_CONTAINER, "entrypoint": "text", "command": "text"}),),
        names=_JOB,
    ),
    "job-env": Kind(keys=(Keys(others="text"),), names=(*_JOB, "secrets")),
    "environment": Kind(
        text=True,
        keys=(
            Keys(
                {"name": "job-text", "url": "environment-url", "deployment": "boolean"}, ("name",)
            ),
        ),
        names=_JOB,
    ),
    "environment-url": Kind(text=True, names=(*_JOB, "steps", "job", "runner", "env")),
    "job-outputs": Kind(keys=(Keys(others="runner-text"),)),
    "runner-text": Kind(text=True, names=_RUNNER),
    "job-defaults": Kind(keys=(Keys({"run": "job-defaults-run"}),)),
    "job-defaults-run": Kind(keys=(_DEFAULTS,), names=(*_JOB, "env")),
    "snapshot": Kind(
        filled=True,
        keys=(
            Keys(
                {"image-name": "filled", "if": "snapshot-if", "version": "filled"}, ("image-name",)
            ),
        ),
    ),
    "snapshot-if": Kind(text=True, condition=True, names=_JOB),
    "call-with": Kind(keys=(Keys(others="call-value"),)),
    "call-value": Kind(text=True, boolean=True, number=True, names=_JOB),
    "call-secret-values": Kind(words=("inherit",), keys=(Keys(others="call-secret-value"),)),
    "call-secret-value": Kind(text=True, boolean=True, number=True, names=(*_JOB, "secrets")),
    "steps": Kind(items="step"),
    "step": Kind(
        keys=(
            Keys(
                {
                    **_STEP_MAIN,
                    "run": "step-text",
                    "shell": "filled",
                    "working-directory": "step-text",
                },
                ("run",),
            ),
            Keys({**_STEP_MAIN, "uses": "filled", "with": "step-map"}, ("uses",)),
            Keys({**_STEP_CONTROL, "wait": "filled-one-or-more"}, ("wait",)),
            Keys({**_STEP_CONTROL, "wait-all": "null-or-boolean"}, ("wait-all",)),
            Keys({**_STEP_CONTROL, "cancel": "filled"}, ("cancel",)),
            Keys({"parallel": "steps"}, ("parallel",)),
        )
    ),
    "null-or-boolean": Kind(null=True, boolean=True),
    "step-text": Kind(text=True, names=_STEP),
    "step-number": Kind(number=True, names=_STEP),
    "step-boolean": Kind(boolean=True, names=_STEP),
    "step-map": Kind(keys=(Keys(others="text"),), names=_STEP),
    "step-if": Kind(
        text=True,
        condition=True,
        names=(*_JOB, "steps", "job", "runner", "env", *_STEP_STATUS, "hashFiles(1,255)"),
    ),
}
"""Name → kind; the file as a whole is of the kind ``workflow``."""
