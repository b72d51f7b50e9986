"""Names close to one that is unknown."""

from __future__ import annotations

from agentmesh.lang.rules.names import close, close_or_listed


def test_a_close_name_is_asked_for_in_its_own_spelling() -> None:
    assert close("VERSOIN", ["Version", "other"]) == "Did you mean 'Version'?"


def test_no_name_is_close() -> None:
    assert close("x", ["version"]) == ""
    assert close("", ["version"]) == ""
    assert close("v" * 100, ["v" * 99]) == ""


def test_where_none_is_close_all_are_listed() -> None:
    assert close_or_listed("x", ["a", "b"], "steps") == "The steps are a, b."
    assert close_or_listed("x", [], "steps") == "There are no steps."
    assert close_or_listed("x", [f"n{i}" for i in range(20)], "steps").endswith("n7, ….")
