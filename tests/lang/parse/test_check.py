"""A file held against the table of what GitHub accepts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.lang.parse import workflow
from agentmesh.lang.parse.check import matches
from agentmesh.lang.schema import Kind

Finding = tuple[str, int, int, str]
Findings = Callable[[str], list[Finding]]


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("x", Kind(text=True), True),
        ("", Kind(text=True), True),
        (None, Kind(text=True), True),
        (True, Kind(text=True), True),
        (1.5, Kind(text=True), True),
        ("", Kind(filled=True), False),
        (None, Kind(filled=True), False),
        (5, Kind(filled=True), True),
        ("a", Kind(words=("a", "b")), True),
        ("A", Kind(words=("a", "b")), False),
        (True, Kind(words=("true",)), True),
        ("true", Kind(boolean=True), False),
        (True, Kind(boolean=True), True),
        (1, Kind(boolean=True), False),
        (1, Kind(number=True), True),
        (True, Kind(number=True), False),
        ("1", Kind(number=True), False),
        (None, Kind(null=True), True),
        (None, Kind(boolean=True), False),
    ],
)
def test_a_scalar_fits_a_kind(value: bool | float | str | None, kind: Kind, fits: bool) -> None:
    assert matches(value, kind) is fits


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ("timeout-minutes: soon\n", (5, 22, "Unexpected value 'soon'")),
        ("timeout-minutes: '5'\n", (5, 22, "Unexpected value '5'")),
        ("continue-on-error: 'true'\n", (5, 24, "Unexpected value 'true'")),
        ("needs: [[a]]\n", (5, 13, "A sequence was not expected")),
        ("needs: {a: b}\n", (5, 12, "A mapping was not expected")),
        ("env: x\n", (5, 10, "Unexpected value 'x'")),
        ("env: {A: [1]}\n", (5, 14, "A sequence was not expected")),
        ("env: {a: 1, A: 2}\n", (5, 17, "'A' is already defined")),
        ("env: {'': 2}\n", (5, 11, "Unexpected value ''")),
        ("environment: {url: x}\n", (5, 18, "Required property is missing: name")),
        ("permissions: {contents: admin}\n", (5, 29, "Unexpected value 'admin'")),
        ("permissions: {id-token: read}\n", (5, 29, "Unexpected value 'read'")),
        ("permissions: {content: read}\n", (5, 19, "Unexpected value 'content'")),
        ("concurrency: {queue: all}\n", (5, 18, "Required property is missing: group")),
        ("env:\n  {a: b}: c\n", (6, 7, "Expected a scalar value")),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(
    job_findings: Findings, job: str, expected: tuple[int, int, str]
) -> None:
    found = [finding[1:] for finding in job_findings(job + "steps: []\n") if finding[0] == "error"]
    assert expected in found


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("name: ${{ secrets.A }}\n", "Unrecognized named-value: 'secrets'"),
        ("if: env.A\n", "Unrecognized named-value: 'env'"),
        ("if: hashFiles('a')\n", "Unrecognized function: 'hashFiles'"),
        ("env: {A: '${{ success() }}'}\n", "Unrecognized function: 'success'"),
        ("env: {A: '${{ github. }}'}\n", "Unexpected symbol: 'EOF'"),
        ("env: {A: '${{ }}'}\n", "An expression was expected"),
        (
            "env: {A: '${{ github.sha }'}\n",
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing "
            "}} sequence was not found.",
        ),
        ("needs: ${{ 1 }}\n", "A template expression is not allowed in this context"),
        ("outputs: {'${{ 1 }}': a}\n", "A template expression is not allowed in this context"),
        (
            "env: {A: 'x ${{ insert }}'}\n",
            "The directive 'insert' is not allowed in this context. Directives are not supported "
            "for expressions that are embedded within a string. Directives are only supported "
            "when the entire value is an expression.",
        ),
        ("env: {'${{ github.sha }}': [a]}\n", "A sequence was not expected"),
        ("env: {A: '${{ insert }}'}\n", "Unexpected value '${{ insert }}'"),
    ],
)
def test_an_expression_that_the_place_does_not_allow(
    job_findings: Findings, job: str, message: str
) -> None:
    found = job_findings(job + "steps: []\n")
    assert [entry[3].partition(". Located")[0] for entry in found] == [message.partition(". L")[0]]
    assert found[0][0] == "error"


def test_every_broken_expression_of_a_text_is_told(job_findings: Findings) -> None:
    found = job_findings("env: {A: '${{ a }} ${{ github.sha }} ${{ b }}'}\nsteps: []\n")
    assert [entry[3][:28] for entry in found] == [
        "Unrecognized named-value: 'a",
        "Unrecognized named-value: 'b",
    ]


@pytest.mark.parametrize(
    "job",
    [
        "env: {'${{ github.sha }}': x}\n",
        "env: {'${{ insert }}': '${{ github }}'}\n",
        "env: ${{ matrix.env }}\n",
        "if: success('a', 'b') || failure('c')\n",
        "timeout-minutes: ${{ fromJSON('5') }}\n",
        "continue-on-error: ${{ 'x' == 'y' }}\n",
        "strategy: ${{ fromJSON(needs.x.outputs.y) }}\n",
        "strategy: {matrix: {'${{ github.sha }}': [1]}}\n",
        "strategy: {matrix: {include: '${{ fromJSON(inputs.x) }}'}}\n",
        "environment: ${{ inputs.x }}\n",
        "services: ${{ fromJSON(inputs.x) }}\n",
        "container: ''\n",
        "env: {A: }\n",
    ],
)
def test_what_the_runner_takes_is_taken(job_findings: Findings, job: str) -> None:
    assert job_findings(job + "steps: []\n") == []


def test_an_expression_that_is_a_string_counts_as_one(job_findings: Findings) -> None:
    assert job_findings("needs: ${{ 'b' }}\nsteps: []\n")[-1][3] == (
        "Job 'a' depends on unknown job 'b'."
    )


def test_text_around_a_condition_makes_it_true(job_findings: Findings) -> None:
    found = job_findings("if: ${{ github.sha }} == 'x'\nsteps: []\n")
    assert [(severity, message[:28]) for severity, _, _, message in found] == [
        ("warning", "The condition is always true")
    ]


def test_remedies_fit_what_is_wrong() -> None:
    text = """\
on: push
jobs:
  a:
    runs-on: x
    continue-on-error: 'true'
    timeout-minutes: '5'
    permissions: {contents: reed}
    step: []
"""
    _, problems = workflow(text, "ci.yml")
    assert [problem.help for problem in problems if problem.severity == "error"] == [
        "Write true or false, without quotes.",
        "Write a number, without quotes.",
        "Did you mean 'read'?",
        "Did you mean 'steps'?",
    ]


def test_a_file_of_unknown_keys_gets_some_suggestions() -> None:
    text = "on: push\n" + "".join(f"job{number}s: x\n" for number in range(500))
    _, problems = workflow(text, "ci.yml")
    suggested = [problem for problem in problems if problem.help]
    assert len(problems) == 501
    assert 0 < len(suggested) <= 50


def test_a_remedy_tells_where_in_a_script_an_expression_stands() -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n"
    _, problems = workflow(text + "          one\n          two ${{ x }}\n", "ci.yml")
    assert [(p.span.line, p.span.column, p.help) for p in problems] == [
        (6, 14, "See line 8, column 15.")
    ]
