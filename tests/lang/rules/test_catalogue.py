"""Every rule has a page whose examples show what it says."""

from __future__ import annotations

import re
import textwrap

import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.parse import read
from agentmesh.lang.rules import catalogue, findings
from agentmesh.lang.rules.ignore import ignores, without_ignored
from agentmesh.lang.rules.registry import RULES
from agentmesh.lang.rules.source import Kind, Source

JOB = "on: push\njobs:\n  a:\n"
STEPS = f"{JOB}    runs-on: ubuntu-latest\n    steps:\n"
EXAMPLE = re.compile(r"^(Bad|Good):\n\n```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)
# Rules whose findings hang on files around the one that is checked, or on limits of size, have
# tests of their own.
WITHOUT_EXAMPLE = {
    "call-depth",
    "call-input",
    "call-missing",
    "call-permissions",
    "call-secret",
    "call-trigger",
    "empty-file",
    "yaml-character",
    "yaml-limit",
}
AROUND = {"action-input", "missing-input", "deprecated-input", "tool-failed"}


def whole(example: str) -> tuple[str, Kind]:
    """An example as a file: steps and jobs get one around them."""
    first = next(line for line in example.splitlines() if not line.startswith("#"))
    if first.startswith("- "):
        return STEPS + textwrap.indent(example, " " * 6), "workflow"
    keys = set(re.findall(r"^([\w-]+):", example, re.MULTILINE))
    if "runs" in keys:
        return example, "action"
    if "jobs" in keys:
        return ("" if "on" in keys else "on: push\n") + example, "workflow"
    if "on" in keys:
        return f"{example}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: []\n", "workflow"
    if not keys & {"runs-on", "uses"}:
        example = f"runs-on: ubuntu-latest\n{example}"
    return JOB + textwrap.indent(example, " " * 4), "workflow"


def checked(example: str) -> list[Problem]:
    """All that is found in an example."""
    text, kind = whole(example)
    parsed = read(text, "f.yml", kind)
    source = Source(text, "f.yml", kind, parsed.root, parsed.value)
    return without_ignored((*parsed.problems, *findings.check(source)), ignores(text, "f.yml"))


def examples(page: str) -> dict[str, list[str]]:
    """The examples of a page: bad ones and good ones."""
    found: dict[str, list[str]] = {"Bad": [], "Good": []}
    for kind, example in EXAMPLE.findall(page):
        found[kind].append(example)
    return found


@pytest.mark.parametrize("rule", catalogue.ids())
def test_each_rule_says_what_it_finds_and_what_to_do(rule: str) -> None:
    ((meta, page),) = catalogue.rules((rule,))
    assert meta.id == rule
    assert meta.summary.endswith(".")
    assert page.partition("\n")[0].endswith((".", ":", ",")) or "\n" in page
    assert "\nRemedy: " in page


@pytest.mark.parametrize(
    "rule", [rule for rule in catalogue.ids() if rule not in WITHOUT_EXAMPLE | AROUND]
)
def test_each_rule_is_found_in_its_bad_example_and_not_in_its_good_one(rule: str) -> None:
    ((_, page),) = catalogue.rules((rule,))
    found = examples(page)
    assert found["Bad"]
    for example in found["Bad"]:
        problems = checked(example)
        assert rule in {problem.rule for problem in problems}, problems
    for example in found["Good"]:
        told = {problem.rule for problem in checked(example) if problem.severity != "info"}
        assert rule not in told


@pytest.mark.parametrize("rule", RULES)
def test_the_good_example_of_a_rule_has_no_error(rule: str) -> None:
    ((_, page),) = catalogue.rules((rule,))
    for example in examples(page)["Good"]:
        assert [p for p in checked(example) if p.severity == "error"] == []


def test_no_exception_is_listed_for_a_rule_that_is_gone() -> None:
    assert set(catalogue.ids()) >= WITHOUT_EXAMPLE | AROUND


def test_a_rule_that_nobody_knows_has_no_page() -> None:
    assert catalogue.rules(("no-such-rule",)) == []
