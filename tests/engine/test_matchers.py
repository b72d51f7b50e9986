"""Problem matchers: what a file may say, and what lines give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.matchers import LONGEST_LINE, Issue, MatcherError, Matchers, read


def file(*patterns: dict[str, Any], owner: str = "tool", **more: Any) -> str:
    return json.dumps({"problemMatcher": [{"owner": owner, "pattern": list(patterns), **more}]})


def matchers(*files: str) -> Matchers:
    registered = Matchers()
    for text in files:
        registered.add(read(text))
    return registered


GCC = {
    "regexp": r"^(.*?):(\d+):(\d+):\s+(warning|error|note):\s+(.*)$",
    "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5,
}  # fmt: skip
STYLISH = (
    {"regexp": r"^\s*([^\s].*)$", "file": 1},
    {
        "regexp": r"^\s+(\d+):(\d+)\s+(error|warning)\s+(.*)\s\s+(.*)$",
        "line": 1, "column": 2, "severity": 3, "message": 4, "code": 5, "loop": True,
    },
)  # fmt: skip


def test_one_pattern_finds_an_issue_in_one_line():
    issue = matchers(file(GCC)).match("\x1b[1msrc/a.c:3:14:\x1b[0m \x1b[31merror:\x1b[m bad")
    line = "src/a.c:3:14: error: bad"
    assert issue == Issue(level="error", message="bad", log=line, file="src/a.c", line=3, column=14)


def test_lines_that_do_not_match_give_nothing():
    registered = matchers(file(GCC))
    assert registered.match("all good") is None
    assert registered.match("a.c:1:1: note: severity is not known") is None
    assert registered.match("a.c:1:1: error:  ") is None


def test_the_last_pattern_may_match_again_and_again():
    registered = matchers(file(*STYLISH))
    lines = [
        "src/a.js",
        "  1:2  error  bad  r1",
        "  3:4  warning  worse  r2",
        "",
        "  5:6  error  x  r",
    ]
    found = [registered.match(line) for line in lines]
    assert [i and (i.level, i.file, i.line, i.message, i.code) for i in found] == [
        None,
        ("error", "src/a.js", 1, "bad", "r1"),
        ("warning", "src/a.js", 3, "worse", "r2"),
        None,
        None,
    ]


def test_without_loop_the_patterns_begin_anew():
    first, second = STYLISH
    registered = matchers(file(first, {**second, "loop": False}))
    lines = ["a.js", "  1:2  error  bad  r1", "  3:4  error  worse  r2"]
    found = [registered.match(line) for line in lines]
    assert [i and i.message for i in found] == [None, "bad", None]


def test_three_patterns_must_follow_each_other():
    registered = matchers(
        file(
            {"regexp": "^file (.*)$", "file": 1},
            {"regexp": r"^line (\d+)$", "line": 1},
            {"regexp": "^text (.*)$", "message": 1},
        )
    )
    lines = ["file a", "line 1", "text x", "file b", "other", "line 2", "text y"]
    assert [i and (i.file, i.line, i.message) for i in map(registered.match, lines)] == [
        None, None, ("a", 1, "x"), None, None, None, None,
    ]  # fmt: skip


def test_a_default_severity_counts_where_the_line_names_none():
    pattern = {"regexp": "^(?:(warning|error): )?oh (.*)$", "severity": 1, "message": 2}
    registered = matchers(file(pattern, severity="notice"))
    assert [registered.match(line).level for line in ("oh no", "warning: oh no")] == [  # type: ignore[union-attr]
        "notice",
        "warning",
    ]


def test_later_matchers_are_asked_first_and_replace_their_owner():
    def says(owner: str, regexp: str) -> str:
        return file({"regexp": regexp, "message": 1}, owner=owner)

    registered = matchers(says("a", "(x.)"), says("b", "(x..)"), says("A", "(xy)"))
    assert registered.match("xyz").message == "xy"  # type: ignore[union-attr]
    registered.remove("a")
    assert registered.match("xyz").message == "xyz"  # type: ignore[union-attr]
    registered.remove("B")
    assert not registered


def test_a_match_resets_the_other_matchers():
    registered = matchers(file(*STYLISH, owner="lint"), file(GCC, owner="gcc"))
    assert registered.match("a.js") is None
    assert registered.match("b.c:1:1: error: bad") is not None
    assert registered.match("  1:2  error  bad  r1") is None


def test_lines_that_are_too_long_are_not_matched():
    registered = matchers(file({"regexp": "(.*)", "message": 1}))
    assert registered.match("x" * LONGEST_LINE) is not None
    assert registered.match("x" * (LONGEST_LINE + 1)) is None


def test_a_matcher_that_takes_too_long_is_dropped_and_named():
    times = iter([0.0, 0.9, 2.0, 3.1])
    registered = Matchers(clock=lambda: next(times))
    registered.add(read(file({"regexp": "(.*)", "message": 1}, owner="slow")))
    assert registered.match("quick") is not None
    assert registered.dropped == []
    assert registered.match("slow") is not None
    assert registered.dropped == ["slow"]
    assert not registered


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "truncated"),
        ('{"problemMatcher": 1}', "Expected `array`"),
        (file(GCC, owner=""), "Owner must not be empty"),
        (file(GCC, severity="bad"), "Matcher 'tool' contains unexpected default severity 'bad'"),
        (file(), "Matcher 'tool' does not contain any patterns"),
        (file({"regexp": "x"}), "At least one pattern must set 'message'"),
        (file({"regexp": "(x)", "message": 2}), "The property 'message' is set to 2 which is"),
        (file({"regexp": "x", "message": -1}), "The property 'message' is set to -1 which is"),
        (file({"regexp": "x", "message": 0}, {"message": 0}), "'message' is set twice"),
        (file({"regexp": "(", "message": 0}), "Matcher 'tool': Invalid pattern '\\('"),
        (file({"regexp": "(a+)+", "message": 0}), "Matcher 'tool': The pattern .* in two ways"),
        (file({"loop": True, "message": 0}), "Only the last pattern in a multiline matcher may"),
        (file({"message": 0}, {"loop": True}), "The loop pattern must set 'message'"),
        (
            json.dumps({"problemMatcher": [{"owner": o, "pattern": [GCC]} for o in ("x", "X")]}),
            "Duplicate owner name 'X'",
        ),
    ],
)
def test_refuses_files_that_say_nothing_or_two_things(text: str, message: str):
    with pytest.raises(MatcherError, match=message):
        read(text)


def test_a_file_without_matchers_is_no_error():
    assert read('\ufeff{"problemMatcher": []}') == ()
    assert read("{}") == ()


@given(st.lists(st.text(max_size=60), max_size=10))
def test_any_lines_can_be_matched(lines: list[str]):
    registered = matchers(file(*STYLISH, owner="lint"), file(GCC, owner="gcc"))
    for line in lines:
        issue = registered.match(line)
        assert issue is None or issue.message.strip()
