"""Names and layouts of what is handed over in the environment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Fixed = Callable[..., str]
RULE = "untrusted-input"


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("github.event.pull_request.head.ref", "PULL_REQUEST_HEAD_REF"),
        ("github.event.commits[0].message", "COMMITS_MESSAGE"),
        ("toJSON(github.event)", "VALUE"),
        ("github.event_name == 'x' && github.head_ref || 'y'", "HEAD_REF"),
    ],
)
def test_a_name_says_what_the_value_is(fixed: Fixed, expression: str, name: str) -> None:
    assert fixed(RULE, f"- run: x ${{{{ {expression} }}}}\n") == (
        f'- env:\n    {name}: ${{{{ {expression} }}}}\n  run: x "${name}"\n'
    )


def test_names_of_the_job_and_of_the_workflow_are_taken(fixed: Fixed) -> None:
    text = (
        "on: push\nenv: {HEAD_REF: a}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    env: {HEAD_REF_2: b}\n"
        "    steps:\n      - run: x ${{ github.head_ref }}\n"
    )
    assert "HEAD_REF_3: ${{ github.head_ref }}" in fixed(RULE, text)


def test_a_value_that_plain_yaml_cannot_hold_stays(fixed: Fixed) -> None:
    text = "- run: |\n    x ${{ format('a: {0}', github.head_ref) }}\n"
    assert fixed(RULE, text) == text


def test_one_step_that_cannot_be_mended_does_not_keep_others(fixed: Fixed) -> None:
    text = "- run: x '${{ github.head_ref }}'\n- run: x ${{ github.head_ref }}\n"
    assert fixed(RULE, text) == (
        "- run: x '${{ github.head_ref }}'\n"
        '- env:\n    HEAD_REF: ${{ github.head_ref }}\n  run: x "$HEAD_REF"\n'
    )
