"""Contexts and environments, as values."""

from __future__ import annotations

import pytest

from agentmesh.engine import contexts
from agentmesh.lang.model import Job
from agentmesh.plan.model import JobSpec, Need, Source, StrategyValues

FILES = contexts.StepFiles("/f/env", "/f/output", "/f/path", "/f/state", "/f/summary")
SPEC = JobSpec(
    run="1",
    key="build",
    id="build",
    name="Build",
    job=Job(id="build"),
    workflow_path="ci.yml",
    github={"sha": "abc", "event": {"x": 1}, "head_ref": "", "ref_protected": False, "token": ""},
    needs={"a": Need("success", {"o": "1"})},
    strategy=StrategyValues(fail_fast=False, job_index=1, job_total=4, max_parallel=2),
    source=Source(directory="/r", repository="o/r"),
)


def test_a_steps_github_context_has_its_files_and_its_action():
    job = contexts.github(SPEC, "/work", "/event.json", "t0ken")
    place = contexts.ActionPlace(path="/a", ref="v1", repository="o/a")
    step = contexts.github_of_step(job, "__run", place, FILES)
    assert step["workspace"] == "/work"
    assert step["token"] == "t0ken"
    assert (step["action"], step["action_path"], step["action_ref"]) == ("__run", "/a", "v1")
    assert (step["env"], step["output"], step["step_summary"]) == (
        "/f/env",
        "/f/output",
        "/f/summary",
    )
    assert "output" not in job


def test_the_token_and_the_payload_are_not_exported():
    job = contexts.github(SPEC, "/work", "/event.json", "t0ken")
    env = contexts.exported(job, {"os": "Linux", "tool_cache": "/t"})
    assert env["GITHUB_SHA"] == "abc"
    assert env["GITHUB_HEAD_REF"] == ""
    assert env["GITHUB_REF_PROTECTED"] == "false"
    assert env["GITHUB_EVENT_PATH"] == "/event.json"
    assert env["RUNNER_TOOL_CACHE"] == "/t"
    assert not {"GITHUB_TOKEN", "GITHUB_EVENT"} & env.keys()


@pytest.mark.parametrize(
    ("added", "base", "expected"),
    [
        (["/a", "/b"], "/usr/bin", "/b:/a:/usr/bin"),
        (["/a", "/b", "/a"], "/usr/bin", "/b:/a:/usr/bin"),
        (["/usr/bin"], "/bin:/usr/bin", "/usr/bin:/bin"),
        ([], "", ""),
    ],
)
def test_folders_added_last_are_searched_first(added: list[str], base: str, expected: str):
    assert contexts.search_path(added, base) == expected


@pytest.mark.parametrize(
    ("machine", "arch"),
    [("x86_64", "X64"), ("aarch64", "ARM64"), ("armv7l", "ARM"), ("s390x", "S390X")],
)
def test_processors_have_githubs_names(machine: str, arch: str):
    assert contexts.architecture(machine) == arch


def test_needs_and_strategy_become_contexts():
    assert contexts.needs(SPEC) == {"a": {"result": "success", "outputs": {"o": "1"}}}
    assert contexts.strategy(SPEC) == {
        "fail-fast": False,
        "job-index": 1,
        "job-total": 4,
        "max-parallel": 2,
    }
