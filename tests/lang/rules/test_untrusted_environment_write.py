"""Files of the runner that strangers' text gets into."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "untrusted-environment-write"
ENV = "\n  env:\n    BODY: ${{ github.event.issue.body }}\n"


@pytest.mark.parametrize(
    ("script", "what"),
    [
        (
            'echo "A=${{ github.event.issue.body }}" >> "$GITHUB_ENV"',
            "variables of the steps that follow",
        ),
        ('echo "A=$BODY" >> $GITHUB_ENV', "variables of the steps that follow"),
        ('echo "${BODY}" >>${GITHUB_PATH}', "the programs of the steps that follow"),
        ('echo "a=$BODY" | tee -a "$GITHUB_OUTPUT"', "outputs of this step"),
        ('"A=$env:BODY" >> $env:GITHUB_ENV', "variables of the steps that follow"),
    ],
)
def test_writes_of_strangers_text_are_found(found: Found, script: str, what: str) -> None:
    (problem,) = found(RULE, f"- run: |\n    true\n    {script}{ENV}")
    name = problem.partition(":")[0]
    assert name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")
    assert problem == f"{name}: 'github.event.issue.body', which anybody may write, can set {what}"


def test_variables_of_the_job_and_of_the_workflow_count(found: Found) -> None:
    text = (
        "on: issues\nenv: {A: '${{ github.event.issue.title }}'}\njobs:\n  a:\n    runs-on: x\n"
        "    env: {B: '${{ github.event.issue.body }}'}\n    steps:\n"
        "      - run: |\n          echo a=$A >> $GITHUB_ENV\n          echo b=$B >> $GITHUB_ENV\n"
        "      - run: echo $A >> $GITHUB_ENV\n        env: {A: fine}\n"
    )
    assert len(found(RULE, text)) == 2


@pytest.mark.parametrize(
    "script",
    [
        'echo "A=1" >> "$GITHUB_ENV"',
        'echo "$BODY" > file; cat "$GITHUB_ENV"',
        'echo "$BODYGUARD" >> $GITHUB_ENV',
    ],
)
def test_other_writes_are_fine(found: Found, script: str) -> None:
    assert found(RULE, f"- run: |\n    {script}{ENV}") == []
