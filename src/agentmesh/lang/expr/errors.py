"""What can be wrong with an expression, in GitHub's wording.

Raised by the lexer, the parser and the evaluator of this package; caught by whoever knows where
the expression stands (the workflow parser, the planner, the engine) and by ``agentmesh eval``.
The sentence about the place follows the runner's ParseException.
"""

from __future__ import annotations

from typing import Literal

from agentmesh.core.errors import AgentmeshError

Kind = Literal["lexing", "parsing", "evaluation"]


class ExpressionError(AgentmeshError):
    """An expression that cannot be read or cannot be evaluated.

    ``position`` is the place GitHub names: it counts UTF-16 units from 1, and is 0 for an
    evaluation error. ``offset`` counts characters from 0 within the text that was handed in: the
    expression, or the whole text with ``${{ }}`` where a template was read. ``line`` and
    ``column`` are those of the workflow value that holds it, 0 where that is not known.
    """

    def __init__(self, kind: Kind, message: str, position: int = 0, *, offset: int = 0) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.position = position
        self.offset = offset
        self.line = 0
        self.column = 0


def located(kind: Kind, message: str, source: str, offset: int) -> ExpressionError:
    """An error that names its place in ``source``; ``offset`` counts characters from 0."""
    position = utf16_length(source[:offset]) + 1
    return ExpressionError(
        kind,
        f"{message}. Located at position {position} within expression: {source}",
        position,
        offset=offset,
    )


def utf16_length(text: str) -> int:
    """The length of a text in UTF-16 units, which is how GitHub counts."""
    if text.isascii():
        return len(text)
    return len(text) + sum(char > "\uffff" for char in text)
