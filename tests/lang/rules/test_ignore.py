"""Comments that take findings back."""

from __future__ import annotations

import pytest

from agentmesh.core.problem import Problem, Span
from agentmesh.lang.rules.ignore import ignores, without_ignored


def at(line: int, rule: str = "some-rule") -> Problem:
    return Problem(rule=rule, span=Span("f.yml", line, 1), message="m", severity="warning")


def left(text: str, *problems: Problem, looked_for: tuple[str, ...] = ()) -> list[tuple[str, int]]:
    found = without_ignored(problems, ignores(text, "f.yml"), looked_for=looked_for)
    return [(problem.rule, problem.span.line) for problem in found]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b\nc: d # agentmesh: ignore[some-rule] because\n", 2),
        ("a: b\n# agentmesh: ignore[some-rule] because\nc: d\n", 3),
        ("a: b\r\n  #agentmesh:  ignore[ other , some-rule ] because\r\nc: d\r\n", 3),
        ("# agentmesh: ignore[some-rule] because\n\n\na: b\nc: d\n", 5),
        ("\n# hello\n# agentmesh: ignore[some-rule] because\na: b\n", 4),
        ("a: b\nc: d # agentmesh: ignore[some-*] because\n", 2),
    ],
)
def test_a_finding_is_taken_back(text: str, line: int) -> None:
    assert ("some-rule", line) not in left(text, at(line))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: b\nc: d # agentmesh: ignore[some-rule] because\n", 1),
        ("a: b\n# agentmesh: ignore[some-rule] because\nc: d\n", 4),
        ("a: b\nc: d # agentmesh: ignore[other] because\n", 2),
        ("a: b\nc: d#agentmesh: ignore[some-rule] because\n", 2),
        ("a: b\nc: d # agentmesh ignore[some-rule] because\n", 2),
    ],
)
def test_a_finding_elsewhere_is_not(text: str, line: int) -> None:
    assert ("some-rule", line) in left(text, at(line))


def test_a_comment_that_takes_nothing_back_is_a_note() -> None:
    text = "a: b\nc: d # agentmesh: ignore[one, two] because\n"
    assert left(text, at(2, "one")) == [("unused-ignore", 2)]


def test_a_comment_without_a_reason_is_a_note() -> None:
    assert left("a: b # agentmesh: ignore[some-rule]\n", at(1)) == [("ignore-reason", 1)]


def test_a_comment_about_a_rule_that_was_not_asked_is_none() -> None:
    text = "a: b\nc: d # agentmesh: ignore[zizmor/artipacked] because\n"
    assert left(text, looked_for=("zizmor/",)) == []
    assert left(text) == [("unused-ignore", 2)]


def test_a_file_without_comments_keeps_all() -> None:
    assert left("a: b\n", at(1)) == [("some-rule", 1)]


def test_the_note_stands_at_the_comment() -> None:
    (note,) = without_ignored([], ignores("a: b\nc: d # agentmesh: ignore[x] y \n", "f.yml"))
    assert note.span == Span("f.yml", 2, 6, 2, 30)
    assert note.severity == "info"
