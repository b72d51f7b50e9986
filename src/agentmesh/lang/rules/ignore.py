"""Comments that take findings back: ``# agentmesh: ignore[rule] reason``.

Called by :mod:`agentmesh.app.lint` with the findings of one file. A comment behind a value speaks
of its line, one that stands alone of the line below it, and one in the head of the file, before
anything else, of the whole file. ``ignore[one, two]`` names several rules, and a rule's prefix with
a star all that begin so: ``ignore[shellcheck/*]``. A comment that takes nothing back, and one
without a reason, are findings themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from agentmesh.core.problem import Problem, Span
from agentmesh.lang.rules.rule import Rule

UNUSED = Rule(
    id="unused-ignore",
    severity="info",
    summary="A comment takes back a finding that is not there.",
)
UNREASONED = Rule(
    id="ignore-reason",
    severity="info",
    summary="A comment takes a finding back without saying why.",
)

MARK = "agentmesh: ignore["
_COMMENT = re.compile(
    r"(?:^|(?<=[ \t]))#[ \t]*agentmesh:[ \t]+ignore\[([^\]\n]*)\][ \t]*([^\r\n]*)", re.M
)
_BREAK = re.compile(r"\r\n|\n|\r")
_HEAD = re.compile(r"\ufeff?(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r))*")


class Ignore(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that one comment names. ``lines`` are those it speaks of, None for the file."""

    rule: str
    lines: tuple[int, ...] | None
    span: Span
    reason: str

    def takes(self, problem: Problem) -> bool:
        """Whether a finding is taken back."""
        if self.lines is not None and problem.span.line not in self.lines:
            return False
        if self.rule.endswith("*"):
            return problem.rule.startswith(self.rule[:-1])
        return problem.rule == self.rule


def ignores(text: str, path: str) -> tuple[Ignore, ...]:
    """All that the comments of a file take back."""
    if "agentmesh:" not in text:
        return ()
    head = _HEAD.match(text)
    behind = head.end() if head else 0
    found: list[Ignore] = []
    line, counted = 1, 0
    for comment in _COMMENT.finditer(text):
        line += len(_BREAK.findall(text, counted, comment.start()))
        counted = comment.start()
        start = max(text.rfind("\n", 0, counted), text.rfind("\r", 0, counted)) + 1
        column = comment.start() - start + 1
        alone = not text[start : comment.start()].strip()
        span = Span(path, line, column, line, column + len(comment[0].rstrip()))
        lines = None if comment.start() < behind else (line + 1,) if alone else (line,)
        names = [name.strip() for name in comment[1].split(",")]
        found += [
            Ignore(rule=name, lines=lines, span=span, reason=comment[2].strip())
            for name in names
            if name
        ]
    return tuple(found)


def without_ignored(
    problems: Iterable[Problem], comments: tuple[Ignore, ...], *, looked_for: Iterable[str] = ()
) -> list[Problem]:
    """The findings of a file that no comment takes back, and what is wrong with the comments.

    ``looked_for`` are prefixes of rules that were not run this time, of which a comment may speak
    without being unused.
    """
    if not comments:
        return list(problems)
    by_line: dict[int, list[Ignore]] = {}
    for comment in comments:
        for line in comment.lines or (0,):
            by_line.setdefault(line, []).append(comment)
    used: set[Ignore] = set()
    left: list[Problem] = []
    for problem in problems:
        near = (*by_line.get(0, ()), *by_line.get(problem.span.line, ()))
        taking = [comment for comment in near if comment.takes(problem)]
        used.update(taking)
        if not taking:
            left.append(problem)
    absent = tuple(looked_for)
    for comment in comments:
        if comment not in used and not (absent and comment.rule.startswith(absent)):
            left.append(
                UNUSED.problem(
                    comment.span,
                    f"Nothing of the rule '{comment.rule}' is found here",
                    "Remove the comment.",
                )
            )
        elif not comment.reason:
            left.append(
                UNREASONED.problem(
                    comment.span,
                    f"There is no reason why '{comment.rule}' is ignored",
                    "Write it behind the bracket.",
                )
            )
    return left
