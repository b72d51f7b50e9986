"""The problems of one file, as they are found.

Handed through the modules of :mod:`agentmesh.lang.parse`.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentmesh.core.problem import Problem, Severity, Span
from agentmesh.lang.model import Text
from agentmesh.lang.yaml import Node, Scalar

MAX_SUGGESTIONS = 50
MAX_NAME = 60


class Findings:
    """Collects problems; ``path`` is the file they are in, ``text`` what nodes point into."""

    def __init__(self, path: str, text: str = "") -> None:
        self.path = path
        self.text = text
        self.problems: list[Problem] = []
        self.suggestions = 0

    def add(
        self,
        node: Node | Text,
        rule: str,
        message: str,
        remedy: str = "",
        *,
        severity: Severity = "error",
    ) -> None:
        """A problem at the start of a node; a scalar of one line is underlined whole."""
        end_line, end_column = 0, 0
        if isinstance(node, Scalar) and node.end_line == node.line:
            end_line, end_column = node.end_line, node.end_column
        place = Span(self.path, node.line, node.column, end_line, end_column)
        self.problems.append(
            Problem(rule=rule, span=place, message=message, help=remedy, severity=severity)
        )

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return any(problem.severity == "error" for problem in self.problems)

    def suggest(self, name: str, names: Iterable[str]) -> str:
        """A question after a name close to one of others, else nothing.

        A file full of unknown names gets no more than some of them, as each costs a comparison
        with all that are known.
        """
        self.suggestions += 1
        if self.suggestions > MAX_SUGGESTIONS or len(name) > MAX_NAME:
            return ""
        from difflib import get_close_matches  # only files with problems pay for it

        lowered = {known.lower(): known for known in names}
        close = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
        return f"Did you mean '{lowered[close[0]]}'?" if close else ""
