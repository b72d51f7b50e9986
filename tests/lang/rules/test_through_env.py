"""Names and layouts of what is handed over in the environment."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Fixed = Callable[..., str]
RULE = "untrusted-input"


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("github.event.pull_request.head.ref", "PULL_REQUEST_HEAD_REF"),
        ("github.event.commits[0].message", "COMMITS_MESSAGE"),
        ("toJSON(github.event)", "VALUE"),
        ("github.event_name == 'x' && github.head_ref || 'y'", "HEAD_REF"),
    ],
)
def test_a_name_says_what_the_value_is(fixed: Fixed, expression: str, name: str) -> None:
    assert fixed(RULE, f"- run: x ${{{{ {expression} }}}}\n") == (
        f'- env:\n    {name}: ${{{{ {expression} }}}}\n  run: x "${name}"\n'
    )


def test_names_of_the_job_and_of_the_workflow_are_taken(fixed: Fixed) -> None:
    text = (
        "on: push\nenv: {HEAD_REF: a}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    env: {HEAD_REF_2: b}\n"
        "    steps:\n      - run: x ${{ github.head_ref }}\n"
    )
    assert "HEAD_REF_3: ${{ github.head_ref }}" in fixed(RULE, text)


def test_a_value_that_plain_yaml_cannot_hold_stays(fixed: Fixed) -> None:
    text = "- run: |\n    x ${{ format('a: {0}', github.head_ref) }}\n"
    assert fixed(RULE, text) == text


def test_one_step_that_cannot_be_mended_does_not_keep_others(fixed: Fixed) -> None:
    text = "- run: x '${{ github.head_ref }}'\n- run: x ${{ github.head_ref }}\n"
    assert fixed(RULE, text) == (
        "- run: x '${{ github.head_ref }}'\n"
        '- env:\n    HEAD_REF: ${{ github.head_ref }}\n  run: x "$HEAD_REF"\n'
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"x ${{ github.head_ref }}"', '"x \\"$HEAD_REF\\""'),
        ("'x ${{ github.head_ref }}'", "'x \"$HEAD_REF\"'"),
        ("'${{ github.head_ref }}'", "'\"$HEAD_REF\"'"),
        ("${{ github.head_ref }} x", "${{ github.head_ref }} x"),
    ],
)
def test_the_style_of_the_scalar_is_kept_to(fixed: Fixed, before: str, after: str) -> None:
    (step,) = yaml.safe_load(fixed(RULE, f"- run: {before}\n"))
    assert step["run"] == yaml.safe_load(after)
    assert fixed(RULE, f"- run: {before}\n").rstrip().endswith(f"run: {after}")


LINES = (
    "echo @",
    "echo a@b @.c",
    'echo "a @ b"',
    "echo 'c @'",
    "cat <<E\n@ '@'\nE",
    "cat <<'E'\n@\nE",
    'cat <<-E\n\t@ "x"\n\tE',
    'x=$(echo @); echo "$x"',
    'echo "$(echo "@" \'@\') @"',
    "# it's @",
    'echo \\"@\\" \\\' @',
    "case @ in value1) echo hit;; esac",
    "[[ @ == value1 ]] && echo y",
    "echo ${y:-@} @",
    "echo $((1 + 1)) $(( (2) )) @",
    "if [ @ = value1 ]; then echo t; fi",
    "for i in @ b; do echo $i; done",
    'f() { echo "$1"; }; f @; f "@"',
    'echo "`echo @`"',
    "printf '%s\\n' \"it's @\"",
    "echo $'x\\'@' @",
    '(echo @; echo "@") | cat',
    "A=@; echo $A ${#A} $#",
    "echo {@,b} # it's",
    'cat <<< @; cat <<< "@"',
    "echo a \\\n  @",
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(LINES), min_size=1, max_size=8))
def test_a_mended_script_does_what_it_did(fixed: Fixed, lines: list[str]) -> None:
    """Of any script: for a value without anything special, both print the same."""
    script = "\n".join(lines).replace("@", "${{ github.head_ref }}")
    block = "".join(f"    {line}\n" if line else "\n" for line in script.split("\n"))
    (step,) = yaml.safe_load(fixed(RULE, f"- run: |\n{block}"))
    before = script.replace("${{ github.head_ref }}", "value1")
    after = step["run"].replace("${{ github.head_ref }}", "value1")
    assert run(after) == run(before)


def run(script: str) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"PATH": "/usr/bin:/bin", "HEAD_REF": "value1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
