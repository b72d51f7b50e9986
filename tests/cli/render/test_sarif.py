"""Problems as SARIF 2.1.0."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from agentmesh.app.lint import rules
from agentmesh.cli.render.sarif import render_sarif
from agentmesh.core.problem import Problem, Severity, Span

SOURCE = "on: push\njobs: {}\n"


def problem(
    line: int = 1, *, rule: str = "runner-label", severity: Severity = "warning", **more: str
) -> Problem:
    return Problem(
        rule=rule,
        span=Span(more.get("file", "a b/ci.yml"), line, 2, line, 5),
        message=more.get("message", "bad"),
        help=more.get("help", ""),
        severity=severity,
    )


def document(*problems: Problem, source: str = SOURCE) -> dict[str, Any]:
    known = rules({each.rule for each in problems})
    text = render_sarif(
        problems, known, {"a b/ci.yml": source}, version="1.2.3", directory="/my work"
    )
    return json.loads(text)


def essentials(log: dict[str, Any]) -> None:
    """What the standard's schema asks for, of all that is written here."""
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    assert re.fullmatch(r"https://.*sarif-2\.1\.0.*\.json", log["$schema"])
    for run in log["runs"]:
        assert set(run) <= {"tool", "results", "columnKind", "originalUriBaseIds"}
        assert run["columnKind"] in {"utf16CodeUnits", "unicodeCodePoints"}
        driver = run["tool"]["driver"]
        assert driver["name"]
        assert re.fullmatch(r"\d+\.\d+\.\d+.*", driver["semanticVersion"])
        ids = [rule["id"] for rule in driver["rules"]]
        assert len(set(ids)) == len(ids)
        for rule in driver["rules"]:
            assert set(rule) <= {
                "id",
                "shortDescription",
                "fullDescription",
                "help",
                "defaultConfiguration",
            }
            for name in ("shortDescription", "fullDescription", "help"):
                assert name not in rule or rule[name]["text"]
        for base in run["originalUriBaseIds"].values():
            assert base["uri"].startswith("file:///")
            assert base["uri"].endswith("/")
        for result in run["results"]:
            _result(result, ids, run["originalUriBaseIds"])


def _result(result: dict[str, Any], ids: list[str], bases: dict[str, Any]) -> None:
    assert result["level"] in {"none", "note", "warning", "error"}
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["message"]["text"]
    assert all(isinstance(each, str) for each in result["partialFingerprints"].values())
    for location in result["locations"]:
        artifact = location["physicalLocation"]["artifactLocation"]
        assert re.fullmatch(r"[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+", artifact["uri"])
        assert artifact.get("uriBaseId", next(iter(bases))) in bases
        region = location["physicalLocation"]["region"]
        assert all(isinstance(number, int) and number > 0 for number in region.values())
        assert (region["endLine"], region["endColumn"]) >= (
            region["startLine"],
            region["startColumn"],
        )


@pytest.mark.parametrize("severity", ["error", "warning", "info"])
def test_each_severity_has_a_level(severity: Severity) -> None:
    log = document(problem(severity=severity))
    essentials(log)
    (result,) = log["runs"][0]["results"]
    assert result["level"] == {"info": "note"}.get(severity, severity)


def test_no_problems_are_a_document_too() -> None:
    log = document()
    essentials(log)
    assert log["runs"][0]["results"] == []


def test_a_rule_is_listed_once_with_its_page() -> None:
    log = document(problem(1), problem(2), problem(1, rule="zizmor/artipacked"))
    essentials(log)
    known, foreign = log["runs"][0]["tool"]["driver"]["rules"]
    assert "Remedy:" in known["help"]["markdown"]
    assert foreign == {"id": "zizmor/artipacked"}


def test_a_file_is_named_from_the_folder() -> None:
    log = document(problem(), problem(file="/else/where.yml"))
    essentials(log)
    first, second = (
        result["locations"][0]["physicalLocation"]["artifactLocation"]
        for result in log["runs"][0]["results"]
    )
    assert first == {"uri": "a%20b/ci.yml", "uriBaseId": "ROOT"}
    assert second == {"uri": "file:///else/where.yml"}
    assert log["runs"][0]["originalUriBaseIds"]["ROOT"]["uri"] == "file:///my%20work/"


def fingerprints(log: dict[str, Any]) -> list[str]:
    return [result["partialFingerprints"]["agentmesh/v1"] for result in log["runs"][0]["results"]]


def test_a_fingerprint_outlives_a_change_of_lines() -> None:
    before = document(problem(1))
    after = document(problem(2), source="# new\n" + SOURCE)
    assert fingerprints(before) == fingerprints(after)


def test_equal_findings_have_fingerprints_of_their_own() -> None:
    one, two = fingerprints(document(problem(1), problem(2), source="x\nx\n"))
    assert one != two
