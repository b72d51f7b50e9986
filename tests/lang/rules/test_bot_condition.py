"""Conditions on who caused a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "bot-condition"
TEXT = 'on: {on}\njobs:\n  a:\n    if: "{if_}"\n    runs-on: x\n    steps: [{{run: x}}]\n'


@pytest.mark.parametrize(
    "condition",
    [
        "github.actor == 'dependabot[bot]'",
        "${{ 'renovate[bot]' == github.triggering_actor }}",
        "github.ref == 'x' && (github.event.pull_request.sender.login == 'a[bot]' || false)",
        "contains(github.actor, '[bot]')",
    ],
)
@pytest.mark.parametrize(
    ("on", "severity"), [("pull_request_target", "warning"), ("pull_request", "info")]
)
def test_a_bots_name_proves_nothing(
    found: Found, severities: Found, condition: str, on: str, severity: str
) -> None:
    text = TEXT.format(on=on, if_=condition)
    (problem,) = found(RULE, text)
    assert problem.partition(": ")[0] == condition.removeprefix("${{ ").removesuffix(" }}")
    assert severities(RULE, text) == [severity]


@pytest.mark.parametrize(
    ("on", "condition"),
    [
        ("pull_request_target", "github.actor != 'dependabot[bot]'"),
        ("pull_request_target", "github.event.pull_request.user.login == 'dependabot[bot]'"),
        ("pull_request_target", "github.actor == 'somebody' # [bot]"),
        ("push", "github.actor == 'dependabot[bot]'"),
    ],
)
def test_other_conditions_are_fine(found: Found, on: str, condition: str) -> None:
    assert found(RULE, TEXT.format(on=on, if_=condition)) == []
