"""Which values anybody can write, and what an expression passes on of them."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.parse import parse
from agentmesh.lang.untrusted import path, paths, untrusted

PASSED_ON = {
    "github.event.issue.title": "github.event.issue.title",
    "GitHub.Event.Issue['Title']": "github.event.issue.title",
    "github.head_ref": "github.head_ref",
    "github.event.commits[0].message": "github.event.commits.*.message",
    "github.event.commits.*.author.name": "github.event.commits.*.author.name",
    "github.event.commits[env.N].author.name": "github.event.commits.*.author.name",
    "github.event.pull_request.head.label": "github.event.pull_request.head.label",
    "github.event.workflow_run.head_branch": "github.event.workflow_run.head_branch",
    "format('x {0}', github.event.comment.body)": "github.event.comment.body",
    "github.event.inputs.x || github.head_ref || github.ref": "github.head_ref",
    "github.event_name == 'x' && github.event.review.body": "github.event.review.body",
    "case(true, github.head_ref, 'x')": "github.head_ref",
    "toJSON(github.event)": "github.event",
    "toJSON(github)": "github",
    "join(github.event.commits.*.message, ' ')": "github.event.commits.*.message",
    "fromJSON(github.event.issue.body).x": "github.event.issue.body",
}
HARMLESS = (
    "github.event.issue.number",
    "github.event.issue",
    "github.event.pull_request.head.sha",
    "github.ref",
    "github.head_ref == 'x'",
    "contains(github.event.issue.title, 'x')",
    "github.head_ref && 'a' || 'b'",
    "case(github.head_ref == 'x', 'a', 'b')",
    "toJSON(github.event.issue.labels)",
    "steps.a.outputs.title",
    "'github.head_ref'",
    "hashFiles(github.head_ref)",
    "!github.head_ref",
)


@pytest.mark.parametrize("source", PASSED_ON)
def test_what_an_expression_passes_on(source: str) -> None:
    assert untrusted(parse(source).root) == PASSED_ON[source]


@pytest.mark.parametrize("source", HARMLESS)
def test_what_nobody_outside_writes_or_is_not_passed_on(source: str) -> None:
    assert untrusted(parse(source).root) == ""


def test_the_way_to_a_value_ends_at_nothing_but_a_context() -> None:
    assert path(parse("a.B['c'][0].*", frozenset(("a",))).root) == ("a", "b", "c", "*", "*")
    assert path(parse("fromJSON('x').y").root) == ()


def test_all_ways_of_an_expression_are_told_those_of_indexes_too() -> None:
    root = parse("format(env.A, matrix[env.B]) == needs.c").root
    assert paths(root) == {("env", "a"), ("matrix", "*"), ("env", "b"), ("needs", "c")}
