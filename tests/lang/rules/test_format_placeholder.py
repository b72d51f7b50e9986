"""Placeholders of format."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "format-placeholder"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("format('{1}', github.ref)", "uses {1}, and there are 1 arguments"),
        ("format('{0}', github.ref, github.sha)", "does not use {1}"),
        ("format('{0', github.ref)", "holds a single '{'"),
        ("format('0}', github.ref)", "holds a single '}'"),
        ("FORMAT('{a}', github.ref)", "holds a single '{'"),
        ("toJSON(format('x', github.ref))", "does not use {0}"),
    ],
)
def test_placeholders_that_do_not_match(found: Found, call: str, message: str) -> None:
    assert any(message in shown for shown in found(RULE, f"- run: echo ${{{{ {call} }}}}"))


@pytest.mark.parametrize(
    "call",
    ["format('{0} {1} {0} {{x}}', github.ref, github.sha)", "format(env.F, 1)", "format('x')"],
)
def test_placeholders_that_match(found: Found, call: str) -> None:
    assert found(RULE, f"- run: echo ${{{{ {call} }}}}") == []
