"""The table of built-in actions."""

from __future__ import annotations

from importlib import import_module
from inspect import iscoroutinefunction
from pathlib import Path

import pytest

from agentmesh.actions import registry
from agentmesh.ports.action import no_post

MODULES = sorted(set(registry.ACTIONS.values()))


def test_names_ignore_case_and_unknown_ones_have_no_action() -> None:
    found = registry.find("Actions/Checkout")
    assert found is not None
    assert found.META.names == ("actions/checkout",)
    assert registry.find("actions/no-such-thing") is None
    assert registry.find("actions") is None


@pytest.mark.parametrize("module", MODULES)
def test_the_table_says_what_the_module_says(module: str) -> None:
    action = import_module(module)
    listed = {name for name, where in registry.ACTIONS.items() if where == module}
    assert set(action.META.names) == listed
    assert all(name == name.lower() for name in listed)
    assert iscoroutinefunction(action.run)
    assert iscoroutinefunction(action.post)
    assert action.META.has_post is (action.post is not no_post)
    assert action.META.summary
    names = [item.name.lower() for item in action.META.inputs]
    assert len(names) == len(set(names))


def test_every_module_of_an_action_is_in_the_table() -> None:
    folder = Path(registry.__file__).parent
    having_meta = {p.stem for p in folder.glob("*.py") if "\nMETA = Meta(" in p.read_text()}
    assert {f"agentmesh.actions.{name}" for name in having_meta} == set(MODULES)
