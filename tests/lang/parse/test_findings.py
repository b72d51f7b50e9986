"""The problems of one file, as they are found."""

from __future__ import annotations

from agentmesh.core.problem import Span
from agentmesh.lang.parse.findings import MAX_SUGGESTIONS, Findings
from agentmesh.lang.yaml import load


def test_a_scalar_of_one_line_is_underlined_whole() -> None:
    findings = Findings("f.yml")
    root, _ = load("word", "f.yml")
    assert root is not None
    findings.add(root, "rule", "message")
    assert findings.problems[0].span == Span("f.yml", 1, 1, 1, 5)


def test_only_errors_make_it_fail() -> None:
    findings = Findings("f.yml")
    root, _ = load("word", "f.yml")
    assert root is not None
    findings.add(root, "rule", "message", severity="warning")
    assert not findings.failed
    findings.add(root, "rule", "message")
    assert findings.failed


def test_a_close_name_is_suggested_in_its_own_spelling() -> None:
    findings = Findings("f.yml")
    assert findings.suggest("BUILT", ["Build", "test"]) == "Did you mean 'Build'?"
    assert findings.suggest("xyz", ["Build", "test"]) == ""


def test_suggestions_come_to_an_end() -> None:
    findings = Findings("f.yml")
    found = [findings.suggest("tests", ["test"]) for _ in range(MAX_SUGGESTIONS + 1)]
    assert found == ["Did you mean 'test'?"] * MAX_SUGGESTIONS + [""]
