"""Reads the fields of one job: evaluates them and checks the type, in GitHub's words.

Called by :mod:`agentmesh.plan.expand` and :mod:`agentmesh.plan.reuse`. What cannot be used raises
WorkflowError with the place of the field; the caller makes it the reason why the job has failed.
"""

from __future__ import annotations

from agentmesh.core.errors import WorkflowError
from agentmesh.core.problem import Span
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.template import render
from agentmesh.lang.expr.values import Value, to_string
from agentmesh.lang.model import Job, Map, Seq, Text, Tree


class Fields:
    """The fields of ``job``, of the workflow at ``path``, as they read in ``scope``."""

    __slots__ = ("job", "path", "scope")

    def __init__(self, path: str, job: Job, scope: Scope) -> None:
        self.path = path
        self.job = job
        self.scope = scope

    def seen_in(self, scope: Scope) -> Fields:
        """The same fields in another scope."""
        return Fields(self.path, self.job, scope)

    def value(self, key: str, tree: Tree) -> Value:
        """Whatever the field evaluates to."""
        try:
            return render(tree, self.scope)
        except ExpressionError as error:
            raise self.failed(key, tree, error) from error

    def text(self, key: str, tree: Tree) -> str:
        """The field as a text; numbers and booleans are turned into one."""
        value = self.value(key, tree)
        if isinstance(value, dict):
            raise self.refuse(key, tree, "A mapping was not expected")
        if isinstance(value, list):
            raise self.refuse(key, tree, "A sequence was not expected")
        return to_string(value)

    def number(self, key: str, tree: Tree) -> float:
        """The field as a number. A text that looks like one is none."""
        value = self.value(key, tree)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._unexpected(key, tree, value, "write fromJSON(…) around a text that is one")
        return value

    def flag(self, key: str, tree: Tree) -> bool:
        """The field as a boolean. Neither a text nor nothing at all is one."""
        value = self.value(key, tree)
        if not isinstance(value, bool):
            raise self._unexpected(
                key, tree, value, "let the expression give true or false, for example with == true"
            )
        return value

    def place(self, tree: Tree) -> Span:
        """Where a field stands, or its job where that is not known."""
        if isinstance(tree, Text | Seq | Map) and tree.line:
            return Span(self.path, tree.line, tree.column)
        return Span(self.path, self.job.line, self.job.column)

    def failed(self, key: str, tree: Tree, error: ExpressionError) -> WorkflowError:
        """The error of a field whose expression fails, at the text that holds the expression."""
        where = Span(self.path, error.line, error.column) if error.line else None
        return self.refuse(key, tree, error.message, error.remedy, where)

    def refuse(
        self, key: str, tree: Tree, message: str, remedy: str = "", where: Span | None = None
    ) -> WorkflowError:
        """The error that says what is wrong with a field; at its place, if ``where`` names none."""
        return WorkflowError(
            f"Error when evaluating '{key}' for job '{self.job.id}'. {message}",
            where=where or self.place(tree),
            remedy=remedy,
        )

    def _unexpected(self, key: str, tree: Tree, value: Value, remedy: str) -> WorkflowError:
        if isinstance(value, dict):
            return self.refuse(key, tree, "A mapping was not expected", remedy)
        if isinstance(value, list):
            return self.refuse(key, tree, "A sequence was not expected", remedy)
        return self.refuse(key, tree, f"Unexpected value '{to_string(value)}'", remedy)
