"""Strangers on one's own machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "self-hosted-runner"
TEXT = "on: {on}\njobs:\n  a:\n    runs-on: {runs_on}\n    steps: [{{run: x}}]\n"


@pytest.mark.parametrize(
    "runs_on", ["self-hosted", "[self-hosted, linux]", "{labels: self-hosted}"]
)
@pytest.mark.parametrize("on", ["pull_request", "pull_request_target", "{issue_comment: }"])
def test_pull_requests_on_such_a_machine_are_a_note(
    found: Found, severities: Found, on: str, runs_on: str
) -> None:
    text = TEXT.format(on=on, runs_on=runs_on)
    assert len(found(RULE, text)) == 1
    assert severities(RULE, text) == ["info"]


@pytest.mark.parametrize(
    ("on", "runs_on"),
    [
        ("push", "self-hosted # pull_request"),
        ("pull_request", "ubuntu-latest"),
        ("pull_request", "${{ matrix.os }}"),
    ],
)
def test_other_events_and_machines_are_fine(found: Found, on: str, runs_on: str) -> None:
    assert found(RULE, TEXT.format(on=on, runs_on=runs_on)) == []
