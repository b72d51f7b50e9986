"""The pages of the grammar's rules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import agentmesh.lang
from agentmesh.lang.rules import structure
from agentmesh.lang.rules.registry import RULES

LANG = Path(agentmesh.lang.__file__).parent


FILES = (LANG / "yaml.py", LANG / "calls.py", *(LANG / "parse").glob("*.py"))
REPORTING = {"add": 1, "report": 1, "_report": 1, "_broken": 1, "_problem": 2}
"""Functions that report → the place of the rule among their arguments."""


def calls() -> Iterator[ast.Call]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield node


def reported() -> set[str]:
    """Every rule that the grammar reports, by its source."""
    found: set[str] = set()
    for call in calls():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        given = [each.value for each in call.keywords if each.arg == "rule"]
        place = REPORTING.get(name, len(call.args))
        given += call.args[place : place + 2]
        found |= {str(each.value) for each in given if isinstance(each, ast.Constant)}
    return found


def test_every_rule_that_is_reported_has_a_page() -> None:
    pages = {*structure.PAGES, *RULES}
    assert {rule for rule in reported() if re.fullmatch(r"[a-z]+(-[a-z]+)*", rule)} <= pages


def test_every_page_is_of_a_rule_that_is_reported() -> None:
    assert set(structure.PAGES) <= reported()


def test_what_github_runs_is_a_warning() -> None:
    assert structure.severity("job-steps") == "warning"
    assert structure.severity("yaml-syntax") == "error"
