"""Calls of reusable workflows held against the workflows that are called.

Called by ``agentmesh lint`` and before a run, once the called files have been read. Follows
``Conversion/ReusableWorkflowsLoader.cs`` and ``PermissionsHelper.cs`` of GitHub's runner: inputs
and secrets must be those that the called workflow declares, and neither it nor its jobs may ask
for more permissions than the calling job has.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agentmesh.core.problem import Problem, Severity, Span, ordered
from agentmesh.lang.data.workflow import SCOPES
from agentmesh.lang.model import Input, Job, Map, Permissions, Text, Tree, Trigger, Workflow

MAX_DEPTH = 10
"""Workflows that may call each other in a row, the first one included."""
Find = Callable[[str, str], Workflow | str | None]
"""From ``uses`` and the path of the caller to the workflow, why it cannot be had, or None."""

_RANK = {"none": 0, "read": 1, "write": 2}
_NOT_COMPARED = frozenset(("code-quality", "copilot-requests", "drives", "vulnerability-alerts"))
"""Scopes that GitHub leaves out when it compares."""


def check_calls(workflow: Workflow, find: Find) -> tuple[Problem, ...]:
    """What is wrong with the calls of a workflow, each reported in its own file.

    A workflow that ``find`` knows nothing of (None) is passed over.
    """
    walk = _Walk(find)
    for job in workflow.jobs.values():
        if job.uses is not None:
            allowed = job.permissions or workflow.permissions
            walk.call(workflow, job, job, workflow.path, allowed, depth=1)
    return ordered(walk.problems)


class _Walk:
    """Follows the calls of one workflow. Problems of nested calls stand at the first caller."""

    def __init__(self, find: Find) -> None:
        self.find = find
        self.problems: list[Problem] = []
        self.seen: set[tuple[int, int, str, str]] = set()

    def call(
        self,
        caller: Workflow,
        job: Job,
        top: Job,
        path: str,
        allowed: Permissions | None,
        *,
        depth: int,
    ) -> None:
        """Checks one call; ``top`` is the job of the first workflow, which is at ``path``."""
        uses = job.uses
        if uses is None or top.uses is None or "${{" in uses.source:
            return
        if depth >= MAX_DEPTH:
            message = f"Nested reusable workflow depth exceeded {MAX_DEPTH}."
            self._report(
                path, top.uses, "call-depth", message, "Do not let workflows call each other."
            )
            return
        called = self.find(uses.source, caller.path)
        if isinstance(called, str):
            if depth == 1:
                self._report(path, uses, "call-missing", called)
            return
        if called is None:
            return
        # The same call from the same depth and with the same permissions finds the same again;
        # without this, workflows that call each other twice would double the work at each level.
        asked = (id(top), depth, called.path, repr(allowed))
        if asked in self.seen:
            return
        self.seen.add(asked)
        if depth == 1:
            self._arguments(path, job, uses, called)
        self._permissions(path, top, uses.source, called, allowed)
        for nested in called.jobs.values():
            if nested.uses is not None:
                inner = nested.permissions or called.permissions or allowed
                self.call(called, nested, top, path, inner, depth=depth + 1)

    def _report(
        self,
        path: str,
        at: Text | Job,
        rule: str,
        message: str,
        remedy: str = "",
        *,
        severity: Severity = "error",
    ) -> None:
        place = Span(path, at.line, at.column)
        self.problems.append(
            Problem(rule=rule, span=place, message=message, help=remedy, severity=severity)
        )

    def _arguments(self, path: str, job: Job, uses: Text, called: Workflow) -> None:
        trigger = called.trigger("workflow_call")
        if trigger is None:
            message = "workflow_call key is not defined in the referenced workflow."
            remedy = f"Add workflow_call to on in {called.path}."
            self._report(path, uses, "call-trigger", message, remedy)
            return
        self._inputs(path, job, uses, trigger)
        if not job.inherit_secrets:
            self._secrets(path, job, uses, trigger)

    def _inputs(self, path: str, job: Job, uses: Text, trigger: Trigger) -> None:
        given = _entries(job.with_)
        declared = {input_.name.lower(): input_ for input_ in trigger.inputs}
        for name, input_ in declared.items():
            if input_.required and name not in given:
                message = f"Input {input_.name} is required, but not provided while calling."
                self._report(path, uses, "call-input", message, f"Add it to with: {input_.name}")
        for name, (key, value) in given.items():
            if name not in declared:
                message = f"Invalid input, {key.source} is not defined in the referenced workflow."
                self._report(path, _place(key, value), "call-input", message)
            elif not _fits(value, declared[name]):
                message = f"Unexpected value '{_shown(value)}'"
                remedy = f"The input {key.source} is a {declared[name].type}."
                self._report(path, _place(key, value), "call-input", message, remedy)

    def _secrets(self, path: str, job: Job, uses: Text, trigger: Trigger) -> None:
        given = _entries(job.secrets)
        declared = {name.lower() for name in trigger.secrets}
        for secret, required in trigger.secrets.items():
            if required and secret.lower() not in given:
                message = f"Secret {secret} is required, but not provided while calling."
                remedy = "Pass it in secrets, or write: secrets: inherit"
                self._report(path, uses, "call-secret", message, remedy)
        for name, (key, value) in given.items():
            if name not in declared:
                message = f"Invalid secret, {key.source} is not defined in the referenced workflow."
                self._report(path, _place(key, value), "call-secret", message)

    def _permissions(
        self, path: str, top: Job, uses: str, called: Workflow, allowed: Permissions | None
    ) -> None:
        for job in (None, *called.jobs.values()):
            asked = called.permissions if job is None else job.permissions
            if asked is None:
                continue
            above = beyond(asked, allowed)
            if not above:
                continue
            who = "The workflow" if job is None else f"The nested job '{job.id}'"
            wanted = ", ".join(f"{scope}: {level}" for scope, level, _ in above)
            limit = ", ".join(f"{scope}: {level}" for scope, _, level in above)
            message = (
                f"Error calling workflow '{uses}'. {who} is requesting '{wanted}', "
                f"but is only allowed '{limit}'."
            )
            self._report(path, top, "call-permissions", message, "Grant it in the calling job.")


def beyond(asked: Permissions, allowed: Permissions | None) -> list[tuple[str, str, str]]:
    """Scope, level asked for and level allowed, wherever more is asked for than allowed.

    Without explicit permissions of the caller a repository's default decides, which is not known
    here: nothing is beyond it.
    """
    if allowed is None:
        return []
    scopes = [scope for scope in SCOPES if scope not in _NOT_COMPARED]
    levels = [(scope, _level(asked, scope), _level(allowed, scope)) for scope in scopes]
    return [entry for entry in levels if _RANK[entry[1]] > _RANK[entry[2]]]


def _level(permissions: Permissions, scope: str) -> str:
    if permissions.all:
        return "read" if scope == "models" else permissions.all
    level = permissions.scopes.get(scope, "none")
    return level if level in _RANK else "none"


def _entries(tree: Tree) -> dict[str, tuple[Text, Tree]]:
    """The pairs of a mapping by lower-case name; keys that are expressions are left out."""
    if not isinstance(tree, Map):
        return {}
    return {key.source.lower(): (key, value) for key, value in tree if "${{" not in key.source}


def _place(key: Text, value: Tree) -> Text:
    return value if isinstance(value, Text) else key


def _fits(value: Tree, input_: Input) -> bool:
    if input_.type not in {"boolean", "number"}:
        return True
    if isinstance(value, Text):
        return "${{" in value.source
    if input_.type == "boolean":
        return isinstance(value, bool)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(value: Tree) -> str:
    if isinstance(value, Text):
        return value.source
    return "" if value is None else msgspec.json.encode(value).decode()
