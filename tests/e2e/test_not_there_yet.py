"""What this version cannot do fails early, clearly and with a remedy; nothing is skipped silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
DOCKER = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: docker://alpine:3
"""
LOCAL = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./act
"""
ACTION = "name: A\ndescription: A\nruns:\n  using: docker\n  image: Dockerfile\n"


@pytest.mark.parametrize(
    "extra",
    ["    container: python:3.11-slim", "    services:\n      db:\n        image: postgres"],
    ids=["container", "services"],
)
def test_a_job_in_containers_fails_before_its_first_step(
    extra: str, run_workflow: Callable[..., Any]
) -> None:
    ran = run_workflow(JOB.format(extra=extra))
    assert ran.code in (1, 3)
    assert "ran on the host" not in ran.log()
    assert "container" in (ran.stdout + ran.stderr).lower()


@pytest.mark.parametrize(("text", "files"), [(DOCKER, {}), (LOCAL, {"act/action.yml": ACTION})])
def test_a_docker_action_fails_its_step_and_says_why(
    text: str, files: dict[str, str], run_workflow: Callable[..., Any]
) -> None:
    ran = run_workflow(text, files=files)
    assert ran.code == 1
    assert ran.jobs == {"a": "failure"}
    assert any("container actions cannot be run yet" in line for line in ran.log("a"))


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
