"""``concurrency`` of a workflow and of its jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Findings = Callable[[str], list[tuple[str, int, int, str]]]


def test_a_full_queue_and_cancelling_contradict_each_other(job_findings: Findings) -> None:
    text = "concurrency: {group: a, queue: max, cancel-in-progress: true}\nsteps: []\n"
    message = "'queue: max' cannot be combined with 'cancel-in-progress: true'."
    assert job_findings(text) == [("error", 5, 29, message)]


@pytest.mark.parametrize("job", ["one", "{group: ONE}"])
def test_a_job_in_the_group_of_its_workflow_is_unwise(findings: Findings, job: str) -> None:
    found = findings(
        "on: push\nconcurrency: one\njobs:\n  a:\n    runs-on: x\n"
        f"    concurrency: {job}\n    steps: []\n"
    )
    assert [(severity, line) for severity, line, _, _ in found] == [("warning", 6)]
    assert found[0][3].endswith("This will cause a deadlock.")


def test_groups_that_are_computed_are_not_compared(findings: Findings) -> None:
    group = "${{ github.ref }}"
    text = (
        f"on: push\nconcurrency: {group}\njobs:\n  a:\n    runs-on: x\n    concurrency: {group}\n"
    )
    assert findings(text + "    steps: []\n") == []
