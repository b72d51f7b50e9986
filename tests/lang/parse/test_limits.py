"""What the table cannot say about parts of a job."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Findings = Callable[[str], list[tuple[str, int, int, str]]]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (
            "strategy: {matrix: {a: []}}\n",
            (5, 28, "Matrix vector 'a' does not contain any values"),
        ),
        ("strategy: {matrix: {}}\n", (5, 24, "Matrix must define at least one vector")),
        (
            "strategy: {matrix: {exclude: [{a: 1}]}}\n",
            (5, 24, "Matrix must define at least one vector"),
        ),
        (
            "strategy: {matrix: {include: []}}\n",
            (5, 24, "Matrix must define at least one vector"),
        ),
        ("container: 'docker://'\n", (5, 16, "Container image cannot be empty")),
        ("container: {image: 'docker://'}\n", (5, 16, "Container image cannot be empty")),
        ("services: {a: {image: 'docker://'}}\n", (5, 19, "Container image cannot be empty")),
        ("services: {a: {options: x}}\n", (5, 19, "Container image cannot be empty")),
    ],
)
def test_parts_that_github_refuses(
    job_findings: Findings, job: str, expected: tuple[int, int, str]
) -> None:
    assert job_findings(job + "steps: []\n") == [("error", *expected)]


@pytest.mark.parametrize(
    "job",
    [
        "strategy: {matrix: {include: [{a: 1}]}}\n",
        "strategy: {matrix: {a: '${{ fromJSON(inputs.a) }}'}}\n",
        "strategy: {matrix: {include: '${{ fromJSON(inputs.a) }}'}}\n",
        "strategy: {fail-fast: false}\n",
        "container: {image: '${{ matrix.image }}'}\n",
        "container: ''\n",
        "services: {a: redis, b: {image: postgres}}\n",
    ],
)
def test_parts_that_github_takes(job_findings: Findings, job: str) -> None:
    assert job_findings(job + "steps: []\n") == []


def test_a_matrix_may_not_nest_without_end(job_findings: Findings) -> None:
    deep = "[" * 60 + "]" * 60
    assert job_findings(f"strategy: {{matrix: {{a: {deep}}}}}\nsteps: []\n") == [
        ("error", 5, 73, "Maximum object depth exceeded")
    ]
    fine = "[" * 40 + "1" + "]" * 40
    assert job_findings(f"strategy: {{matrix: {{a: {fine}}}}}\nsteps: []\n") == []


@pytest.mark.parametrize("group", ["a/b/c", "other/b", "org/"])
def test_a_group_of_runners_names_its_owner(findings: Findings, group: str) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: {{group: {group}}}\n    steps: []\n"
    found = findings(text)
    assert [entry[:3] for entry in found] == [("error", 4, 22)]
    assert found[0][3].startswith(f"Invalid runs-on group name '{group}")


@pytest.mark.parametrize("group", ["a", "org/a", "enterprise/a", "${{ inputs.group }}/x/y"])
def test_a_group_of_runners(findings: Findings, group: str) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: {{group: '{group}'}}\n    steps: []\n"
    assert findings(text) == []


def test_a_repeated_value_of_a_matrix_is_unwise(job_findings: Findings) -> None:
    assert job_findings("strategy: {matrix: {a: [x, 1, X, '1']}}\nsteps: []\n") == [
        ("warning", 5, 35, "The value 'X' of the matrix key 'a' is repeated"),
        ("warning", 5, 38, "The value '1' of the matrix key 'a' is repeated"),
    ]
