"""Workflow and action files as values: text in, a value and problems out.

Called by whatever reads such a file: the command line through ``agentmesh.app``, the engine for
actions. A value comes back exactly when no problem is an error, so a caller that has one may run
it. Text goes through :mod:`agentmesh.lang.yaml`, is held against a table of
:mod:`agentmesh.lang.data` by :mod:`~agentmesh.lang.parse.check`, and is made into the values of
:mod:`agentmesh.lang.model`, which finds what a table cannot say.
"""

from __future__ import annotations

from agentmesh.core.problem import Problem, Span, ordered
from agentmesh.lang.model import ActionFile, Workflow
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.yaml import Node, load


def workflow(text: str, path: str) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """The workflow that a text is, and every problem, sorted; ``path`` names it in problems."""
    from agentmesh.lang.parse.workflows import read

    root, findings = _load(text, path)
    value = read(root, findings) if root is not None else None
    return (None if findings.failed else value), ordered(findings.problems)


def action(text: str, path: str) -> tuple[ActionFile | None, tuple[Problem, ...]]:
    """The action that a text is, and every problem, sorted; ``path`` names it in problems."""
    from agentmesh.lang.parse.actions import read

    root, findings = _load(text, path)
    value = read(root, findings) if root is not None else None
    return (None if findings.failed else value), ordered(findings.problems)


def _load(text: str, path: str) -> tuple[Node | None, Findings]:
    findings = Findings(path, text.removeprefix("\ufeff"))
    root, problems = load(text, path)
    findings.problems.extend(problems)
    if root is None and not problems:
        message = "The file is empty"
        findings.problems.append(Problem(rule="empty-file", span=Span(path, 1, 1), message=message))
    return root, findings
