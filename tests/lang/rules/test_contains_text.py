"""Lists written as texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "contains-text"


@pytest.mark.parametrize("text", ["a,b", "main develop", "a|b", '["a"]', "a, b , c"])
def test_a_text_that_reads_as_a_list(found: Found, text: str) -> None:
    (shown,) = found(RULE, f"- if: contains('{text}', github.ref_name)\n  run: x")
    assert "any part of the text" in shown


@pytest.mark.parametrize(
    "call",
    [
        "contains(github.ref, 'a,b')",
        "contains('main', github.ref_name)",
        "contains('a b', 'a')",
        "contains(fromJSON('[1]'), github.ref_name)",
    ],
)
def test_other_calls(found: Found, call: str) -> None:
    assert found(RULE, f"- if: {call}\n  run: x") == []
