"""Workflow and action files as tests write them, and what is found in them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from agentmesh.core.problem import Problem
from agentmesh.lang.model import ActionFile, Job, Workflow
from agentmesh.lang.parse import action, workflow

Finding = tuple[str, int, int, str]


def _finding(problem: Problem) -> Finding:
    return problem.severity, problem.span.line, problem.span.column, problem.message


@pytest.fixture(scope="session")
def read() -> Callable[[str], Workflow]:
    """The workflow of a text without a problem."""

    def read(text: str) -> Workflow:
        found, problems = workflow(textwrap.dedent(text), "ci.yml")
        assert problems == ()
        assert found is not None
        return found

    return read


@pytest.fixture(scope="session")
def read_job(read: Callable[[str], Workflow]) -> Callable[[str], Job]:
    """The job of lines that follow ``runs-on`` (or stand for it, where they have ``uses``)."""

    def read_job(text: str) -> Job:
        lines = textwrap.dedent(text)
        target = "" if "uses: ./" in lines.split("steps", maxsplit=1)[0] else "runs-on: x\n"
        body = textwrap.indent(target + lines, "    ")
        return read(f"on: push\njobs:\n  a:\n{body}").jobs["a"]

    return read_job


@pytest.fixture(scope="session")
def findings() -> Callable[[str], list[Finding]]:
    """Severity, line, column and message of all that is wrong with a workflow."""

    def findings(text: str) -> list[Finding]:
        found, problems = workflow(textwrap.dedent(text), "ci.yml")
        assert (found is None) == any(problem.severity == "error" for problem in problems)
        return [_finding(problem) for problem in problems]

    return findings


@pytest.fixture(scope="session")
def job_findings(findings: Callable[[str], list[Finding]]) -> Callable[[str], list[Finding]]:
    """What is wrong with a job of these lines; they begin in line 5 and column 5."""

    def job_findings(text: str) -> list[Finding]:
        body = textwrap.indent(textwrap.dedent(text), "    ")
        return findings(f"on: push\njobs:\n  a:\n    runs-on: x\n{body}")

    return job_findings


@pytest.fixture(scope="session")
def step_findings(job_findings: Callable[[str], list[Finding]]) -> Callable[[str], list[Finding]]:
    """What is wrong with steps of these lines; they begin in line 6 and column 7."""

    def step_findings(text: str) -> list[Finding]:
        return job_findings("steps:\n" + textwrap.indent(textwrap.dedent(text), "  "))

    return step_findings


@pytest.fixture(scope="session")
def read_action() -> Callable[[str], ActionFile]:
    """The action of a text without a problem."""

    def read_action(text: str) -> ActionFile:
        found, problems = action(textwrap.dedent(text), "action.yml")
        assert problems == ()
        assert found is not None
        return found

    return read_action


@pytest.fixture(scope="session")
def action_findings() -> Callable[[str], list[Finding]]:
    """What is wrong with an action."""

    def action_findings(text: str) -> list[Finding]:
        found, problems = action(textwrap.dedent(text), "action.yml")
        assert (found is None) == any(problem.severity == "error" for problem in problems)
        return [_finding(problem) for problem in problems]

    return action_findings
