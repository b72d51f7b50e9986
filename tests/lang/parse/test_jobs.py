"""The ``jobs`` of a workflow, and how they need each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.model import Concurrency, Defaults, Job, Map, Permissions, Seq, Strategy, Text
from agentmesh.lang.parse import workflow

Finding = tuple[str, int, int, str]
ReadJob = Callable[[str], Job]
Findings = Callable[[str], list[Finding]]


def test_a_job_is_read_whole(read_job: ReadJob) -> None:
    job = read_job("""\
name: Build ${{ matrix.os }}
if: github.ref == 'x'
strategy:
  fail-fast: false
  max-parallel: 2
  matrix: ${{ fromJSON('{}') }}
permissions: {id-token: write}
concurrency: one
environment: {name: production, url: 'http://x'}
env: {A: b}
defaults: {run: {shell: sh}}
outputs: {x: y}
timeout-minutes: 5
cancel-timeout-minutes: 1.5
continue-on-error: ${{ matrix.experimental }}
container: python:3.12
services: {redis: redis}
snapshot: base
steps:
  - run: x
""")
    assert job.name == Text("Build ${{ matrix.os }}", 5, 11)
    assert job.if_ == Text("github.ref == 'x'", 6, 9)
    assert job.strategy == Strategy(Text("${{ fromJSON('{}') }}", 10, 15), False, 2, 8, 7)
    assert job.permissions == Permissions("", {"id-token": "write"})
    assert job.concurrency == Concurrency(Text("one", 12, 18))
    assert isinstance(job.environment, Map)
    assert job.environment.get("name") == Text("production", 13, 25)
    assert job.env == Map(((Text("A", 14, 11), Text("b", 14, 14)),), 14, 10)
    assert job.defaults == Defaults(Text("sh", 15, 29))
    assert isinstance(job.outputs, Map)
    assert (job.timeout_minutes, job.cancel_timeout_minutes) == (5.0, 1.5)
    assert job.continue_on_error == Text("${{ matrix.experimental }}", 19, 24)
    assert job.container == Text("python:3.12", 20, 16)
    assert isinstance(job.services, Map)
    assert job.snapshot == Text("base", 22, 15)
    assert (job.id, job.line, job.column) == ("a", 3, 3)
    assert len(job.steps) == 1


def test_a_call_is_read_whole(read_job: ReadJob) -> None:
    job = read_job("uses: ./.github/workflows/b.yml\nwith: {n: 1}\nsecrets: inherit\n")
    assert job.uses == Text("./.github/workflows/b.yml", 4, 11)
    assert isinstance(job.with_, Map)
    assert job.with_.get("n") == 1
    assert job.inherit_secrets
    assert job.secrets is None
    assert job.runs_on is None


def test_secrets_of_a_call_may_be_named(read_job: ReadJob) -> None:
    job = read_job("uses: ./.github/workflows/b.yml\nsecrets: {t: '${{ secrets.T }}'}\n")
    assert not job.inherit_secrets
    assert isinstance(job.secrets, Map)


@pytest.mark.parametrize(
    ("runs_on", "expected"),
    [
        ("${{ matrix.os }}", Text("${{ matrix.os }}", 4, 14)),
        ("[a, b]", Seq((Text("a", 4, 15), Text("b", 4, 18)), 4, 14)),
    ],
)
def test_runs_on_stays_as_it_is_written(runs_on: str, expected: object) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: {runs_on}\n    steps: []\n"
    found, _ = workflow(text, "ci.yml")
    assert found is not None
    assert found.jobs["a"].runs_on == expected


@pytest.mark.parametrize("if_", ["", "''", "' '"])
def test_an_empty_condition_is_none(if_: str) -> None:
    text = f"on: push\njobs:\n  a:\n    if: {if_}\n    runs-on: x\n    steps: []\n"
    found, problems = workflow(text, "ci.yml")
    assert found is not None
    assert found.jobs["a"].if_ is None
    assert [(p.severity, p.rule) for p in problems] == [("warning", "constant-condition")]


def test_a_literal_strategy_keeps_its_default() -> None:
    text = (
        "on: push\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {a: [1]}}\n    steps: []\n"
    )
    found, _ = workflow(text, "ci.yml")
    assert found is not None
    strategy = found.jobs["a"].strategy
    assert strategy is not None
    assert strategy.fail_fast is True
    assert strategy.max_parallel is None


def jobs_with_needs(**needs: str) -> str:
    jobs = "".join(
        f"  {name}: {{runs-on: x, needs: {need}, steps: []}}\n" for name, need in needs.items()
    )
    return f"on: push\njobs:\n{jobs}"


def test_needs_of_one_job_or_several(read: Callable[[str], object]) -> None:
    found, problems = workflow(jobs_with_needs(a="[]", b="a", c="[a, b]"), "ci.yml")
    assert problems == ()
    assert found is not None
    assert [str(need) for need in found.jobs["c"].needs] == ["a", "b"]
    assert [str(need) for need in found.jobs["b"].needs] == ["a"]


def test_needs_ignore_case() -> None:
    assert workflow(jobs_with_needs(Build="[]", test="build"), "ci.yml")[1] == ()


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        (
            {"a": "[]", "b": "x"},
            [(4, 26, "Job 'b' depends on unknown job 'x'.")],
        ),
        (
            {"a": "[]", "b": "c", "c": "[a, b]"},
            [
                (
                    4,
                    26,
                    "Job 'b' depends on job 'c' which creates a cycle in the dependency graph.",
                ),
                (
                    5,
                    30,
                    "Job 'c' depends on job 'b' which creates a cycle in the dependency graph.",
                ),
            ],
        ),
        (
            {"a": "b", "b": "a"},
            [(3, 3, "The workflow must contain at least one job with no dependencies.")],
        ),
        (
            {"a": "a"},
            [(3, 3, "The workflow must contain at least one job with no dependencies.")],
        ),
    ],
)
def test_needs_that_nobody_meets(
    findings: Findings, needs: dict[str, str], expected: list[tuple[int, int, str]]
) -> None:
    assert findings(jobs_with_needs(**needs)) == [("error", *entry) for entry in expected]


def test_a_workflow_without_jobs_cannot_start(findings: Findings) -> None:
    assert findings("on: push\njobs: {}\n") == [
        ("error", 2, 7, "The workflow must contain at least one job with no dependencies.")
    ]


@given(
    st.dictionaries(
        st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"), max_size=3), min_size=1
    )
)
def test_needs_are_met_exactly_where_jobs_can_be_put_in_order(needs: dict[str, set[str]]) -> None:
    text = jobs_with_needs(**{name: f"[{', '.join(sorted(of))}]" for name, of in needs.items()})
    started: set[str] = set()
    for _ in needs:
        started |= {name for name, of in needs.items() if of <= started}
    found, _ = workflow(text, "ci.yml")
    assert (found is not None) == (started == set(needs))


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (
            "2x: {runs-on: x, steps: []}",
            "The identifier '2x' is invalid. IDs may only contain alphanumeric characters, '_', "
            "and '-'. IDs must start with a letter or '_' and and must be less than 100 "
            "characters.",
        ),
        (
            "__x: {runs-on: x, steps: []}",
            "The identifier '__x' is invalid. IDs starting with '__' are reserved.",
        ),
        ("x: {steps: []}", "Required property is missing: runs-on"),
        ("x: {runs-on: x, uses: ./y}", "Unexpected value 'uses'"),
        ("x:", "Unexpected value ''"),
    ],
)
def test_a_job_that_github_refuses(findings: Findings, job: str, expected: str) -> None:
    found = findings(f"on: push\njobs:\n  {job}\n")
    assert next(message for severity, _, _, message in found if severity == "error") == expected


def test_ids_of_jobs_ignore_case(findings: Findings) -> None:
    text = "on: push\njobs:\n  a: {runs-on: x, steps: []}\n  A: {runs-on: x, steps: []}\n"
    assert findings(text) == [("error", 4, 3, "'A' is already defined")]


def test_a_job_without_steps_is_unwise(job_findings: Findings) -> None:
    assert job_findings("timeout-minutes: 1\n") == [("warning", 3, 3, "Job 'a' has no steps")]
