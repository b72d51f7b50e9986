"""Nodes by their way from the root."""

from __future__ import annotations

from agentmesh.lang.nodes import at, key_at
from agentmesh.lang.yaml import Scalar, load


def test_a_way_leads_to_a_value_and_to_its_key() -> None:
    root = load("a:\n  b: c\n", "f")[0]
    value, key = at(root, "a", "b"), key_at(root, "a", "b")
    assert isinstance(value, Scalar)
    assert isinstance(key, Scalar)
    assert (value.text, key.text, key.line) == ("c", "b", 2)


def test_a_way_that_leads_nowhere_is_none() -> None:
    root = load("a: 1\n", "f")[0]
    assert at(root, "a", "b") is None
    assert key_at(root, "a", "b") is None
    assert at(None, "a") is None
