"""Actions and workflows of other repositories, from a folder: ``--action-source``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILE = ".github/workflows/ci.yml"
ACTION = """
name: Say
description: Says where it came from
inputs:
  word:
    default: nothing
runs:
  using: composite
  steps:
    - shell: bash
      run: |
        echo "{place} says ${{{{ inputs.word }}}}"
        echo "repository ${{{{ github.action_repository }}}} ref ${{{{ github.action_ref }}}}"
"""
CALLED = """
on:
  workflow_call:
    inputs:
      word:
        type: string
jobs:
  inner:
    runs-on: ubuntu-latest
    steps:
      - run: echo "called with ${{ inputs.word }}"
      - uses: acme/tools/deep/er@v9
        with:
          word: inner
"""


def step(uses: str) -> str:
    """A workflow whose only step uses an action."""
    return f"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: {uses}
        with:
          word: hello
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """The folder that stands for acme/tools."""
    folder = tmp_path / "tools"
    for place in ("", "deep/er"):
        path = folder / place / "action.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ACTION.format(place=place or "root"))
    workflow = folder / ".github/workflows/called.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(CALLED)
    return folder


@pytest.mark.parametrize(
    ("uses", "place"),
    [("acme/tools@v1", "root"), ("ACME/Tools@main", "root"), ("acme/tools/deep/er@v1", "deep/er")],
)
def test_an_action_comes_from_the_folder_at_any_ref(
    uses: str, place: str, tools: Path, run_workflow: Callable[..., Any]
) -> None:
    ran = run_workflow(step(uses), "--action-source", f"acme/tools={tools}")
    assert ran.code == 0, ran.stderr
    assert f"{place} says hello" in ran.log("a")
    ref = uses.split("@")[1]
    assert any(line.endswith(f"ref {ref}") for line in ran.log("a"))


def test_a_source_may_be_for_one_ref_alone(tools: Path, run_workflow: Callable[..., Any]) -> None:
    ran = run_workflow(step("acme/tools@v2"), "--action-source", f"acme/tools@v2={tools}")
    assert ran.code == 0, ran.stderr


def test_a_reusable_workflow_comes_from_the_folder_too(
    tools: Path, run_workflow: Callable[..., Any]
) -> None:
    text = """
on: push
jobs:
  call:
    uses: acme/tools/.github/workflows/called.yml@v1
    with:
      word: outer
"""
    ran = run_workflow(text, "--action-source", f"acme/tools={tools}")
    assert ran.code == 0, ran.stderr
    assert ran.jobs == {"call / inner": "success"}
    assert "called with outer" in ran.log()
    assert "deep/er says inner" in ran.log()


def test_the_source_may_stand_in_the_configuration(
    tools: Path, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    settings = f'[action-sources]\n"acme/tools" = "{tools}"\n'
    repo = repository({FILE: step("acme/tools@v1"), "agentmesh.toml": settings})
    assert run_cli("run", "--json", cwd=repo).code == 0


def test_a_source_replaces_a_built_in_only_when_built_ins_are_off(
    tools: Path, run_workflow: Callable[..., Any]
) -> None:
    source = ("--action-source", f"actions/checkout={tools}")
    ran = run_workflow(step("actions/checkout@v4"), *source, "--no-builtin-actions")
    assert ran.code == 0, ran.stderr
    assert "root says hello" in ran.log("a")


def test_an_action_that_cannot_be_had_fails_its_job_and_says_what_to_do(
    run_workflow: Callable[..., Any],
) -> None:
    offline = "http://127.0.0.1:9"  # nobody listens there: git fails at once
    text = step("acme/nowhere@v1")
    ran = run_workflow(text, "--env", f"https_proxy={offline}")
    assert ran.code == 1
    assert ran.jobs == {"a": "failure"}
    assert any("--action-source" in line for line in ran.log("a"))
