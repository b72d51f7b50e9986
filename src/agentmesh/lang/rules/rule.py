"""The shape of a rule: what a module of this package brings with it.

Read by :mod:`agentmesh.app.lint` and by the generator of the reference. A rule is a module with a
``META`` and a ``check``; its docstring is its page: what it finds and why, a bad and a good
example, the remedy. ``fix`` is there where a change is safe: it never alters what a run does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

from agentmesh.core.problem import Problem, Severity, Span

if TYPE_CHECKING:
    from agentmesh.lang.rules.edit import Edit
    from agentmesh.lang.rules.source import Source


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is called, how bad its findings are unless they say otherwise, and its gist.

    ``error`` is only for what GitHub refuses to run. ``kind`` is that of the files it looks at,
    empty for both. The rule is asked only about files that hold one of ``words``, where it names
    some: whatever it finds must be impossible without them.
    """

    id: str
    severity: Severity
    summary: str
    kind: Literal["workflow", "action", ""] = ""
    words: tuple[str, ...] = ()

    def problem(
        self, span: Span, message: str, remedy: str = "", *, severity: Severity | None = None
    ) -> Problem:
        """A finding of this rule at a place."""
        return Problem(
            rule=self.id,
            span=span,
            message=message,
            help=remedy,
            severity=severity or self.severity,
        )


class RuleModule(Protocol):
    """A rule as the one who runs it sees it. Modules that mend too have a ``fix``."""

    META: Rule

    def check(self, file: Source) -> Iterator[Problem]:
        """All that the rule finds in a file."""
        ...


class FixingModule(RuleModule, Protocol):
    """A rule that can mend what it finds."""

    def fix(self, file: Source, problem: Problem) -> tuple[Edit, ...]:
        """The edits that mend one of its own findings, applied together or not at all; none where
        that is not safe."""
        ...
