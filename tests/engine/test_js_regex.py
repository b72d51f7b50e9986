"""Patterns of problem matchers: the same matches as in JavaScript, and no way to hang."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.engine.js_regex import PatternError, compile_pattern

# (pattern, line) pairs; node, where it is there, is the judge.
CASES = [
    (r"^\s*File\s\"(.*)\",\sline\s(\d+),\sin\s(.*)$", '  File "a.py", line 3, in f'),
    (
        r"^([^\s].*)[\(:](\d+)[,:](\d+)(?:\):\s+|\s+-\s+)(error|warning|info)\s+(TS\d+)\s*:\s*(.*)$",
        "src/a.ts(3,5): error TS2322: Type 'x' is not assignable",
    ),
    (
        r"^(.+):\sline\s(\d+),\scol\s(\d+),\s(Error|Warning|Info)\s-\s(.+)\s\((.+)\)$",
        "a.js: line 1, col 2, Error - bad (rule)",
    ),
    (r"^\s+(\d+):(\d+)\s+(error|warning|info)\s+(.*)\s\s+(.*)$", "  1:2  error  bad thing  rule"),
    (r"^(.*?):(\d+):(\d*):?\s+(?:fatal\s+)?(warning|error):\s+(.*)$", "a.c:3:4: error: no"),
    (r"(?<file>\w+)-(?<line>\d+)-\k<file>", "ab-3-ab"),
    (r"[[\]&&~~||]+x", "[&|]x"),
    (r"a[^]b", "a\u2028b"),
    (r"\cA\x41\u0042\/\-", "\x01AB/-"),
    (r"a{,3}", "a{,3}"),
    (r"[\w-]+\d", "ab-c9"),
    (r"\d", "٣"),
    (r"(?:a|b)+c", "ababc"),
    (r"(?:\s+\w+)*$", "  ab  cd"),
    (r"^(?:[^:]+:)+ x", "a:b: x"),
    (r'"(?:\\.|[^"\\])*"', r'x "a\"b"'),
    (r"(?:(?:\d+,)+;)+$", "1,22,;3,;"),
    (r"(?:error|warning)+(?=:)", "errorwarning:"),
    (r"(?:-[a-z]){1,20}", "-a-b"),
    (r"(a)|b", "b"),
    (r"(?!x)y(?=z)(?<=y)z(?<!x)", "yz"),
    (r"^$", ""),
    (r"\q\_", "q_"),
]


@pytest.mark.skipif(shutil.which("node") is None, reason="node judges")
def test_matches_are_those_of_javascript():
    script = """
        const cases = JSON.parse(require('fs').readFileSync(0));
        console.log(JSON.stringify(cases.map(([p, s]) => {
            const m = new RegExp(p).exec(s);
            return m && Array.from(m, g => g === undefined ? null : g);
        })));
    """
    answer = subprocess.run(
        ["node", "-e", script], input=json.dumps(CASES), capture_output=True, text=True, check=True
    )
    for (pattern, line), expected in zip(CASES, json.loads(answer.stdout), strict=True):
        found = compile_pattern(pattern).search(line)
        assert (None if found is None else [found[0], *found.groups()]) == expected, pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        r"^(\w+\s?)*$",
        "(.*,)+$",
        "((a|b)+c?)+$",
        "([a-z]+)*x",
        "(a{2,})+",
        "(?:(?:x+)y*)+z",
        "(a|a+)+b",
        "(a|a)*b",
        r'"(?:\\.|[^"])*"',
        "(?:|a)+b",
        "(é|é)*b",
        "(é|[^x])*b",
        "(a+){1,30}b",
        "(?:(?:a|b)+c?)+d",
    ],
)
def test_a_repeated_repetition_is_refused(pattern: str):
    with pytest.raises(PatternError, match="read in two ways"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", ")", "[a", "a**", "(?<x", "\\", "x{2,1}", "(?z)"])
def test_what_is_no_pattern_is_an_error(pattern: str):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@given(st.text("()[]{}|^$*+?.\\aw1,-<>:=!&~kux ", max_size=25))
def test_any_text_is_a_pattern_or_an_error_and_warns_of_nothing(source: str):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(PatternError):
            assert compile_pattern(source).flags & re.ASCII
