"""Problems, written out."""

from __future__ import annotations

import json

import pytest

from agentmesh.cli.render.problems import (
    fixed,
    render_github,
    render_json,
    render_text,
    summary,
)
from agentmesh.core.problem import Problem, Severity, Span


def problem(
    line: int,
    column: int,
    end: int = 0,
    *,
    message: str = "bad",
    severity: Severity = "error",
    help: str = "",
) -> Problem:
    place = Span("ci.yml", line, column, line if end else 0, end)
    return Problem(rule="rule", span=place, message=message, severity=severity, help=help)


def test_a_problem_shows_its_line_with_a_mark_and_the_remedy() -> None:
    text = render_text([problem(2, 5, 9, help="Do better.")], {"ci.yml": "on:\nx:  word # c\n"})
    assert text == (
        "ci.yml:2:5: error: bad [rule]\n  2 | x:  word # c\n    |     ^~~~\n  remedy: Do better.\n"
    )


def test_a_problem_without_a_text_shows_its_place_alone() -> None:
    assert render_text([problem(2, 5)], {}) == "ci.yml:2:5: error: bad [rule]\n"
    assert render_text([problem(9, 1)], {"ci.yml": "x\n"}) == "ci.yml:9:1: error: bad [rule]\n"


@pytest.mark.parametrize(
    ("line", "column", "end", "shown"),
    [
        ("\tx", 2, 3, ["  1 |     x", "    |     ^"]),
        ("日本: x", 5, 6, ["  1 | 日本: x", "    |       ^"]),
        ("日本: x", 1, 3, ["  1 | 日本: x", "    | ^~~~"]),
        ("a\x1b[31m: x", 1, 2, ["  1 | a\ufffd[31m: x", "    | ^"]),
        ("abc", 4, 0, ["  1 | abc", "    |    ^"]),
    ],
)
def test_the_mark_is_below_what_is_meant(
    line: str, column: int, end: int, shown: list[str]
) -> None:
    text = render_text([problem(1, column, end)], {"ci.yml": line})
    assert text.splitlines()[1:] == shown


def test_a_long_line_is_cut_so_that_the_mark_is_seen() -> None:
    text = render_text([problem(1, 1001, 1005)], {"ci.yml": "x" * 1000 + "here" + "y" * 500})
    _, line, mark = text.splitlines()
    assert len(line) < 200
    assert line[mark.index("^") :].startswith("here")


def test_lines_are_counted_as_yaml_does() -> None:
    text = render_text([problem(2, 1)], {"ci.yml": "\ufeffa\u2028b\r\nsecond\r\n"})
    assert "| second" in text


def test_colour_is_put_on_and_left_off() -> None:
    assert "\x1b[31merror\x1b[0m" in render_text([problem(1, 1)], {}, color=True)
    assert "\x1b" not in render_text([problem(1, 1)], {})


def test_a_summary_counts() -> None:
    problems = [problem(1, 1), problem(2, 1), problem(3, 1, severity="warning")]
    assert summary(problems, 3) == "2 errors and 1 warning in 3 files\n"
    assert summary([], 1) == "no problems in 1 file\n"


def test_json_is_an_array_of_flat_objects() -> None:
    assert json.loads(render_json([problem(2, 5, message='say "x"')])) == [
        {
            "file": "ci.yml",
            "line": 2,
            "column": 5,
            "rule": "rule",
            "message": 'say "x"',
            "severity": "error",
            "help": "",
        }
    ]
    assert json.loads(render_json([])) == []


def test_github_gets_workflow_commands() -> None:
    problems = [
        problem(1, 2, message="50% of\nit", severity="warning", help="Mend."),
        problem(3, 4, severity="info"),
    ]
    assert render_github(problems) == (
        "::warning file=ci.yml,line=1,col=2,title=rule::50%25 of%0Ait%0AMend.\n"
        "::notice file=ci.yml,line=3,col=4,title=rule::bad\n"
    )


def test_a_file_name_cannot_break_a_command() -> None:
    place = Span("a,b:c\n.yml", 1, 1)
    text = render_github([Problem(rule="r", span=place, message="m")])
    assert text == "::error file=a%2Cb%3Ac%0A.yml,line=1,col=1,title=r::m\n"


def test_what_was_mended_is_a_line_each() -> None:
    assert fixed([problem(2, 5), problem(3, 1, message="worse")]) == (
        "ci.yml:2:5: fixed: bad [rule]\nci.yml:3:1: fixed: worse [rule]\n"
    )


def test_the_summary_says_how_many_were_mended() -> None:
    found = [problem(1, 1), problem(2, 1, severity="warning"), problem(3, 1, severity="info")]
    assert summary(found, 2, 1) == "1 error, 1 warning and 1 note in 2 files, 1 problem fixed\n"
    assert summary([], 1, 2) == "no problems in 1 file, 2 problems fixed\n"
