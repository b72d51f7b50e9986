"""Labels that GitHub has no machines for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "runner-label"
WORKFLOW = "on: push\njobs: {a: {runs-on: %s, steps: []}}"


@pytest.mark.parametrize(
    "runs_on",
    [
        "ubuntu-latest",
        "Ubuntu-Latest",
        "ubuntu-28.04",
        "ubuntu-latest-8-cores",
        "ubuntu-20.04-16core",
        "blacksmith-4vcpu-ubuntu-2204",
        "depot-ubuntu-24.04",
        "gpu",
        "'${{ inputs.where }}'",
        "[self-hosted, ubuntu-18.04]",
        "{group: large, labels: ubuntu-18.04}",
        "windows-2025",
        "macos-15-xlarge",
    ],
)
def test_labels_that_somebody_may_have(found: Found, runs_on: str) -> None:
    assert found(RULE, WORKFLOW % runs_on) == []


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("ubuntu-18.04", "GitHub has removed its 'ubuntu-18.04' runners"),
        ("windows-2019", "GitHub has removed its 'windows-2019' runners"),
        ("ubunut-latest", "There is no runner label 'ubunut-latest'"),
        ("ubuntu-24", "There is no runner label 'ubuntu-24'"),
        ("ubuntu", "There is no runner label 'ubuntu'"),
        ("mac-latest", "There is no runner label 'mac-latest'"),
    ],
)
def test_labels_that_nobody_has(found: Found, label: str, message: str) -> None:
    assert found(RULE, WORKFLOW % label) == [f"{label}: {message}"]


def test_the_values_of_the_matrix_are_looked_at_where_they_stand(found: Found) -> None:
    text = (
        "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-11]\n"
        "        include:\n          - os: ubuntu-20.04\n"
        "    runs-on: ${{ matrix.os }}\n    steps: []\n"
    )
    assert [shown.partition(":")[0] for shown in found(RULE, text)] == ["macos-11", "ubuntu-20.04"]
