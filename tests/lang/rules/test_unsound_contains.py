"""Branches looked for in texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unsound-contains"


@pytest.mark.parametrize(
    ("condition", "what"),
    [
        ("contains('refs/heads/main', github.ref)", "github.ref"),
        ("${{ contains('main', github.head_ref) && true }}", "github.head_ref"),
        (
            "!contains('ab', github.event.pull_request.head.label)",
            "github.event.pull_request.head.label",
        ),
        ("Contains('ab', github.actor)", "github.actor"),
    ],
)
def test_a_text_that_a_stranger_may_be_a_part_of_is_found(
    found: Found, condition: str, what: str
) -> None:
    (problem,) = found(RULE, f'- if: "{condition}"\n  run: x\n')
    assert problem.endswith(f"A part of the text is enough for '{what}' to be found in it")


@pytest.mark.parametrize(
    "condition",
    [
        "contains(fromJSON('[1]'), github.ref)",
        "contains(github.ref, 'release')",
        "contains('a list, for another rule', github.ref)",
        "contains('ab', github.event_name)",
        "contains('ab', matrix.os)",
    ],
)
def test_lists_and_fixed_values_are_fine(found: Found, condition: str) -> None:
    assert found(RULE, f'- if: "{condition}"\n  run: x\n') == []
