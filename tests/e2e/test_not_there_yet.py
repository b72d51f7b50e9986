"""What this version cannot do fails early, clearly and with a remedy; nothing is skipped silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

JOB = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
{extra}
    steps:
      - name: first
        run: echo "ran on the host"
"""


def test_a_job_for_another_system_fails_and_names_the_choice(
    run_workflow: Callable[..., Any],
) -> None:
    text = JOB.format(extra="").replace("ubuntu-latest", "macos-latest")
    ran = run_workflow(text)
    assert ran.code == 1
    assert ran.jobs == {"a": "failure"}
    assert "--skip-unavailable" in ran.stdout + ran.stderr


def test_a_job_for_another_system_may_be_skipped_with_its_reason(
    run_workflow: Callable[..., Any],
) -> None:
    text = JOB.format(extra="").replace("ubuntu-latest", "windows-latest")
    ran = run_workflow(text, "--skip-unavailable")
    assert ran.code == 0
    (event,) = ran.of("job.completed", job="a")
    assert event["conclusion"] == "skipped"
    assert "Windows" in event["why"]


def test_another_platform_may_be_the_host(run_workflow: Callable[..., Any]) -> None:
    text = JOB.format(extra="").replace("ubuntu-latest", "windows-latest")
    ran = run_workflow(text, "--platform", "windows-latest=host")
    assert ran.code == 0
    assert ran.log("a", "first") == ["ran on the host"]
