"""Which rules there are."""

from __future__ import annotations

from pathlib import Path

import pytest

import agentmesh.lang.rules
from agentmesh.lang.rules.registry import RULES, find

FOLDER = Path(agentmesh.lang.rules.__file__).parent


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_is_what_the_table_calls_it(rule: str) -> None:
    module = find(rule)
    assert module is not None
    assert module.META.id == rule
    assert module.META.summary
    assert callable(module.check)


def test_every_module_with_a_rule_is_in_the_table() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py") if "\nMETA = Rule(" in path.read_text()}
    assert {name.replace("-", "_") for name in RULES} == modules


def test_other_names_are_nobody() -> None:
    assert find("no-such-rule") is None
