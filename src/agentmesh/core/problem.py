"""Places in files, and findings about them.

Lint, scan and policy return :class:`Problem` values, sorted and without duplicates; they never
raise them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A place in a file. Lines and columns count from 1; ``end_column`` is exclusive."""

    file: str
    line: int
    column: int
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One finding: the rule that found it, how bad it is, where, what and the remedy."""

    rule: str
    span: Span
    message: str
    severity: Severity = "error"
    help: str = ""
    url: str = ""

    def __str__(self) -> str:
        return f"{self.span}: {self.severity}: {self.message} [{self.rule}]"


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by place and drop duplicates."""
    seen = {(p.span.file, p.span.line, p.span.column, p.rule, p.message): p for p in problems}
    return tuple(seen[key] for key in sorted(seen))
