"""Ids of jobs and steps."""

from __future__ import annotations

import pytest

from agentmesh.lang.parse.ids import wrong_id


@pytest.mark.parametrize("name", ["a", "_", "_a", "A-b_c9", "a" * 99])
def test_an_id(name: str) -> None:
    assert wrong_id(name) == ""


@pytest.mark.parametrize("name", ["", "9a", "-a", "a b", "a.b", "é", "a" * 100, "a\n"])
def test_no_id(name: str) -> None:
    assert wrong_id(name).startswith(f"The identifier '{name}' is invalid. IDs may only contain")


def test_a_reserved_id() -> None:
    assert wrong_id("__a").endswith("IDs starting with '__' are reserved.")
