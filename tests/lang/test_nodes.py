"""Nodes by their way from the root."""

from __future__ import annotations

from agentmesh.lang.nodes import at, jobs
from agentmesh.lang.yaml import Mapping, Scalar, load


def test_a_way_leads_to_a_value() -> None:
    value = at(load("a:\n  b: c\n", "f")[0], "a", "b")
    assert isinstance(value, Scalar)
    assert value.text == "c"


def test_jobs_have_a_key_and_a_value_the_first_of_repeated_ones_counts() -> None:
    found = jobs(load("jobs:\n  a: {x: y}\n  b: z\n  a: c\n", "f")[0])
    assert [(name, key.line) for name, (key, _) in found.items()] == [("a", 2), ("b", 3)]
    assert isinstance(found["a"][1], Mapping)
    assert jobs(None) == {}


def test_a_way_that_leads_nowhere_is_none() -> None:
    root = load("a: 1\n", "f")[0]
    assert at(root, "a", "b") is None
    assert at(None, "a") is None
