"""Texts that are no JSON."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "json-literal"


@pytest.mark.parametrize("text", ["[1,]", "[''a'']", "", "{a: 1}", "x" * 100])
def test_a_text_that_is_no_json(found: Found, text: str) -> None:
    (shown,) = found(RULE, f"- run: |\n    echo ${{{{ fromJSON('{text}') }}}}")
    assert "fromJSON gets a text that is no JSON" in shown


@pytest.mark.parametrize("argument", ["'[1, \"a\"]'", "'null'", "vars.X", "toJSON(github)"])
def test_what_may_be_json(found: Found, argument: str) -> None:
    assert found(RULE, f"- run: echo ${{{{ fromJSON({argument}) }}}}") == []
