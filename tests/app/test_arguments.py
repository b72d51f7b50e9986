"""The options of a run as a value."""

from __future__ import annotations

from agentmesh.app.arguments import RunArguments


def test_printing_it_shows_no_value_of_a_secret_or_input():
    shown = repr(RunArguments(secrets={"S": "hunter2"}, inputs={"i": "hunter2"}))
    assert "hunter2" not in shown
