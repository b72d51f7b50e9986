"""Workflow and action files as values: text in, a value and problems out.

Called by whatever reads such a file: the command line through ``agentmesh.app``, the engine for
actions. A value comes back exactly when no problem is an error, so a caller that has one may run
it. Text goes through :mod:`agentmesh.lang.yaml`, is held against a table of
:mod:`agentmesh.lang.data` by :mod:`~agentmesh.lang.parse.check`, and is made into the values of
:mod:`agentmesh.lang.model`, which finds what a table cannot say.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from agentmesh.core.problem import Problem, Span, ordered
from agentmesh.lang.model import ActionFile, Workflow
from agentmesh.lang.parse.findings import Findings
from agentmesh.lang.yaml import Node, load


class Parsed(msgspec.Struct, frozen=True):
    """All that a text gives: its nodes, its value and its problems, sorted.

    Where a problem is an error, the value lacks what was refused; it is None where the text is no
    mapping. Only lint, which has more to say about such a file, should look at it then.
    """

    root: Node | None
    value: Workflow | ActionFile | None
    problems: tuple[Problem, ...]

    @property
    def failed(self) -> bool:
        """Whether one of the problems is an error."""
        return any(problem.severity == "error" for problem in self.problems)


def read(text: str, path: str, kind: Literal["workflow", "action"]) -> Parsed:
    """A text as whole as it can be read; ``path`` names it in problems."""
    findings = Findings(path, text.removeprefix("\ufeff"))
    root, problems = load(text, path)
    findings.problems.extend(problems)
    if root is None:
        if not problems:
            place = Span(path, 1, 1)
            findings.problems.append(
                Problem(rule="empty-file", span=place, message="The file is empty")
            )
        return Parsed(None, None, ordered(findings.problems))
    value: Workflow | ActionFile | None
    if kind == "workflow":
        from agentmesh.lang.parse import workflows

        value = workflows.read(root, findings)
    else:
        from agentmesh.lang.parse import actions

        value = actions.read(root, findings)
    return Parsed(root, value, ordered(findings.problems))


def workflow(text: str, path: str) -> tuple[Workflow | None, tuple[Problem, ...]]:
    """The workflow that a text is, and every problem, sorted; ``path`` names it in problems."""
    found = read(text, path, "workflow")
    value = found.value if isinstance(found.value, Workflow) and not found.failed else None
    return value, found.problems


def action(text: str, path: str) -> tuple[ActionFile | None, tuple[Problem, ...]]:
    """The action that a text is, and every problem, sorted; ``path`` names it in problems."""
    found = read(text, path, "action")
    value = found.value if isinstance(found.value, ActionFile) and not found.failed else None
    return value, found.problems
