"""Scripts made of text that anybody may write."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
import yaml

Found = Callable[..., list[str]]
Fixed = Callable[..., str]
RULE = "untrusted-input"
MESSAGE = "may be written by anybody, and becomes a part of this script"


def test_each_expression_is_found_at_its_place(found: Found) -> None:
    text = """
        - run: |
            echo "${{ github.event.issue.title }}"

            echo ${{ github.head_ref }} ${{ github.sha }}
    """
    assert found(RULE, text) == [
        f"github.event.issue.title: 'github.event.issue.title' {MESSAGE}",
        f"github.head_ref: 'github.head_ref' {MESSAGE}",
    ]


@pytest.mark.parametrize(
    "step",
    [
        "uses: actions/github-script@v7\n  with: {script: 'x(`${{ github.head_ref }}`)'}",
        "uses: Azure/CLI@v2\n  with: {inlineScript: 'x ${{ github.head_ref }}'}",
    ],
)
def test_inputs_that_are_scripts_count(found: Found, step: str) -> None:
    assert len(found(RULE, f"- {step}\n")) == 1


@pytest.mark.parametrize(
    "step",
    [
        "run: echo $TITLE\n  env: {TITLE: '${{ github.event.issue.title }}'}",
        "run: echo ${{ github.event.issue.number }}",
        "run: echo ${{ contains(github.event.issue.title, 'x') }}",
        "run: echo\n  if: github.head_ref == 'x'",
        "uses: actions/github-script@v7\n  with: {debug: '${{ github.head_ref }}'}",
        "uses: a/b@v1\n  with: {script: '${{ github.head_ref }}'}",
        "uses: ./a\n  with: {script: '${{ github.head_ref }}'}",
        "name: ${{ github.head_ref }}\n  run: echo",
    ],
)
def test_what_is_not_run_is_fine(found: Found, step: str) -> None:
    assert found(RULE, f"- {step}\n") == []


def test_composite_actions_are_looked_at(found: Found) -> None:
    text = """
        name: n
        description: d
        runs:
          using: composite
          steps:
            - run: echo ${{ github.head_ref }}
              shell: bash
    """
    assert len(found(RULE, text, kind="action")) == 1


FIXES = {
    "a new env, in front of the script": (
        "- name: x # why\n  run: echo ${{ github.head_ref }} # done\n",
        '- name: x # why\n  env:\n    HEAD_REF: ${{ github.head_ref }}\n  run: echo "$HEAD_REF" # done\n',
    ),
    "a step that begins with its script": (
        '- run: |\n    # say it\n    echo "a ${{ github.event.issue.title }}b"\n    exit\n',
        "- env:\n    ISSUE_TITLE: ${{ github.event.issue.title }}\n  run: |\n    # say it\n"
        '    echo "a ${ISSUE_TITLE}b"\n    exit\n',
    ),
    "an env that is there": (
        "- run: echo ${{ github.head_ref }}\n  env:\n    # first\n    A: 1 # one\n\n    B: 2\n",
        '- run: echo "$HEAD_REF"\n  env:\n    # first\n    HEAD_REF: ${{ github.head_ref }}\n'
        "    A: 1 # one\n\n    B: 2\n",
    ),
    "a variable that is there": (
        "- run: echo ${{ github.head_ref }}\n  env:\n    BRANCH: ${{ github.head_ref }}\n",
        '- run: echo "$BRANCH"\n  env:\n    BRANCH: ${{ github.head_ref }}\n',
    ),
    "several in one go, one of them twice": (
        "- run: |\n    a ${{ github.head_ref }}\n    b ${{ github.event.comment.body }}\n    c ${{github.head_ref}}\n",
        "- env:\n    HEAD_REF: ${{ github.head_ref }}\n    COMMENT_BODY: ${{ github.event.comment.body }}\n"
        '  run: |\n    a "$HEAD_REF"\n    b "$COMMENT_BODY"\n    c "$HEAD_REF"\n',
    ),
    "a name that the script uses": (
        "- run: HEAD_REF=1 x ${{ github.head_ref }}\n",
        '- env:\n    HEAD_REF_2: ${{ github.head_ref }}\n  run: HEAD_REF=1 x "$HEAD_REF_2"\n',
    ),
    "an expression of several values": (
        "- run: echo ${{ github.head_ref || github.ref }}\n",
        '- env:\n    HEAD_REF: ${{ github.head_ref || github.ref }}\n  run: echo "$HEAD_REF"\n',
    ),
    "a template string of JavaScript": (
        "- uses: actions/github-script@v7\n  with:\n    script: |\n      f(`a ${{ github.head_ref }}`, '${{ github.head_ref }}')\n",
        "- uses: actions/github-script@v7\n  env:\n    HEAD_REF: ${{ github.head_ref }}\n  with:\n    script: |\n"
        "      f(`a ${process.env.HEAD_REF}`, process.env.HEAD_REF)\n",
    ),
    "a quoted scalar": (
        '- run: "echo \\"${{ github.head_ref }}\\""\n',
        '- env:\n    HEAD_REF: ${{ github.head_ref }}\n  run: "echo \\"$HEAD_REF\\""\n',
    ),
    "a folded scalar": (
        "- run: >-\n    echo\n    ${{ github.head_ref }}\n    x\n",
        '- env:\n    HEAD_REF: ${{ github.head_ref }}\n  run: >-\n    echo\n    "$HEAD_REF"\n    x\n',
    ),
}


@pytest.mark.parametrize("name", FIXES)
def test_the_value_goes_through_the_environment(fixed: Fixed, found: Found, name: str) -> None:
    before, after = FIXES[name]
    assert fixed(RULE, before) == after
    assert found(RULE, after) == []


UNSAFE = {
    "within single quotes": "- run: echo '${{ github.head_ref }}'\n",
    "in a comment": "- run: |\n    # ${{ github.head_ref }}\n    x\n",
    "for another program": '- run: bash -c "x ${{ github.head_ref }}"\n',
    "for a program that reads a here-document": "- run: |\n    python3 - <<E\n    x = '${{ github.head_ref }}'\n    E\n",
    "for a program behind a pipe": '- run: echo "x ${{ github.head_ref }}" | bash\n',
    "for a program of several lines": '- run: |\n    bash -c "\n    x ${{ github.head_ref }}"\n',
    "for eval": '- run: eval "x ${{ github.head_ref }}"\n',
    "in another shell": "- run: echo ${{ github.head_ref }}\n  shell: pwsh\n",
    "in a step of braces": "- {run: 'echo ${{ github.head_ref }}'}\n",
    "in an env of braces": "- run: echo ${{ github.head_ref }}\n  env: {A: 1}\n",
    "in an env that is an expression": "- run: x ${{ github.head_ref }}\n  env: ${{ matrix.env }}\n",
    "as code": "- uses: actions/github-script@v7\n  with:\n    script: f(${{ github.head_ref }})\n",
    "in a part of a string": "- uses: actions/github-script@v7\n  with:\n    script: f('a ${{ github.head_ref }}')\n",
    "for an unknown program": "- uses: azure/cli@v2\n  with:\n    inlineScript: x ${{ github.head_ref }}\n",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_not_be_safe_stays(fixed: Fixed, found: Found, name: str) -> None:
    assert len(found(RULE, UNSAFE[name])) == 1
    assert fixed(RULE, UNSAFE[name]) == UNSAFE[name]


def test_a_runner_that_may_be_windows_keeps_its_scripts(fixed: Fixed) -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: ${{ matrix.os }}\n    steps:\n      - run: echo ${{ github.head_ref }}\n"
    assert "env:" not in fixed(RULE, text)


def test_line_ends_of_the_file_are_kept(fixed: Fixed) -> None:
    text = "- run: echo ${{ github.head_ref }}\r\n"
    assert fixed(RULE, text.replace("\r\n", "\n")).count("\r") == 0
    whole = "on: push\r\njobs:\r\n  a:\r\n    runs-on: ubuntu-latest\r\n    steps:\r\n      - run: echo ${{ github.head_ref }}\r\n"
    changed = fixed(RULE, whole)
    assert changed.count("\n") == changed.count("\r\n") == 8


TITLE = "a\"; touch pwned; echo `touch pwned` $(touch pwned) 'x' \""


@pytest.mark.parametrize("script", ['echo "<@>"', "echo @", "cat <<E\n@\nE", 'echo "$(echo "@")"'])
def test_a_mended_script_prints_any_title(fixed: Fixed, tmp_path: object, script: str) -> None:
    body = script.replace("@", "${{ github.event.issue.title }}").replace("\n", "\n    ")
    step = yaml.safe_load(fixed(RULE, f"- run: |\n    {body}\n"))[0]
    assert list(step["env"].values()) == ["${{ github.event.issue.title }}"]
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"ISSUE_TITLE": TITLE, "PATH": "/usr/bin:/bin"},
        cwd=str(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert TITLE in done.stdout
    assert not list(__import__("pathlib").Path(str(tmp_path)).iterdir())
