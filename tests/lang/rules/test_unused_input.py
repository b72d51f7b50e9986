"""Inputs that no step uses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unused-input"


def text(value: str, using: str = "composite", more: str = "") -> str:
    steps = f'  steps:\n    - run: echo\n      shell: bash\n      env: {{A: "{value}"}}\n'
    runs = steps if using == "composite" else "  main: a.js\n"
    return (
        f"name: n\ndescription: d\ninputs:\n  Level:\n    description: d\n{more}"
        f"runs:\n  using: {using}\n{runs}# composite\n"
    )


def test_an_input_that_no_step_uses_is_a_note(found: Found, severities: Found) -> None:
    unused = text("$INPUT_LEVEL")
    assert found(RULE, unused, kind="action") == ["Level: No step uses the input 'Level'"]
    assert severities(RULE, unused, kind="action") == ["info"]


@pytest.mark.parametrize(
    "value",
    [
        "${{ inputs.level }}",
        "${{ inputs['LEVEL'] }}",
        "${{ toJSON(inputs) }}",
        "${{ inputs[github.job] }}",
        "${{ contains(inputs.level, 'x') }}",
    ],
)
def test_one_that_is_used_is_fine(found: Found, value: str) -> None:
    assert found(RULE, text(value), kind="action") == []


def test_other_actions_see_their_inputs_in_other_ways(found: Found) -> None:
    assert found(RULE, text("", using="node20"), kind="action") == []


def test_a_deprecated_input_may_be_unused(found: Found) -> None:
    deprecated = text("", more="    deprecationMessage: gone\n")
    assert found(RULE, deprecated, kind="action") == []
