"""Keys told apart, part by part."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.store.keyparts import Change, changes, closeness, common

HASH, OTHER = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("wanted", "stored", "said"),
    [
        (f"Linux-pip-{HASH}", f"Linux-pip-{OTHER}", ["the hash differs (what hashFiles looked at"]),
        (f"Linux-pip-3.11-{HASH}", f"Linux-pip-3.12-{HASH}", ["'12' where '11' was asked for"]),
        ("Linux-npm", "macOS-npm", ["'macOS' where 'Linux'"]),
        ("Linux-npm-x", "Linux-npm", ["'x' is not in it"]),
        ("Linux-npm", "Linux-npm-x", ["it has 'x' besides"]),
        ("a-b", "c-d", ["'c' where 'a'", "'d' where 'b'"]),
    ],
)
def test_what_differs_is_named(wanted: str, stored: str, said: list[str]) -> None:
    found = [str(change) for change in changes(wanted, stored)]
    assert len(found) == len(said)
    assert all(part in text for part, text in zip(said, found, strict=True))


def test_a_hash_is_called_one() -> None:
    assert changes(f"k-{HASH}", f"k-{OTHER}") == [Change(2, HASH, OTHER, "hash")]


def test_the_nearest_differs_in_the_fewest_parts() -> None:
    stored = ["Linux-npm-3-x", "Linux-npm-2-y", "macOS-npm-1-x", "Linux-npm-1-y"]
    assert max(stored, key=lambda key: closeness("Linux-npm-1-x", key)) == "Linux-npm-1-y"


@given(st.text(max_size=30), st.text(max_size=30))
def test_equal_keys_have_no_changes_and_a_common_beginning_is_common(one: str, two: str) -> None:
    assert changes(one, one) == []
    length = common(one, two)
    assert one[:length] == two[:length]
    assert one[length : length + 1] != two[length : length + 1] or length == len(one) == len(two)
