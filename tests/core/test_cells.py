"""Values of a matrix cell."""

from __future__ import annotations

from agentmesh.core.cells import leaves


def test_scalars_are_written_as_a_person_would_and_lists_left_out():
    matrix = {"a": "x", "b": 3.0, "c": 3.1, "d": True, "e": None, "f": [1], "g": {"h": {"i": 1}}}
    assert list(leaves(matrix)) == [
        ("a", "x"),
        ("b", "3"),
        ("c", "3.1"),
        ("d", "true"),
        ("e", ""),
        ("g.h.i", "1"),
    ]
