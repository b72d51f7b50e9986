"""Which shell reads a script, and how a place in one is quoted."""

from __future__ import annotations

import subprocess

import pytest

from agentmesh.lang.model import Defaults, Job, Map, Seq, Step, Text, Workflow
from agentmesh.lang.shell import (
    expressions,
    labels,
    nesting,
    neutral,
    program,
    quotings,
    shell_of,
)


@pytest.mark.parametrize(
    ("shell", "wanted"),
    [("bash", "bash"), ("/bin/bash -l {0}", "bash"), ("pwsh", "pwsh"), (" ", ""), ("SH", "sh")],
)
def test_the_program_of_a_shell(shell: str, wanted: str) -> None:
    assert program(shell) == wanted


def job(runs_on: str = "ubuntu-latest", **fields: object) -> Job:
    return Job(id="a", runs_on=Text(runs_on), **fields)  # type: ignore[arg-type]


def test_the_nearest_shell_that_is_named_counts() -> None:
    workflow = Workflow(path="w", defaults=Defaults(Text("pwsh")))
    defaults = Defaults(Text("sh"))
    assert shell_of(Step(shell=Text("bash -l {0}")), job(defaults=defaults), workflow) == "bash"
    assert shell_of(Step(), job(defaults=defaults), workflow) == "sh"
    assert shell_of(Step(), job(), workflow) == "pwsh"
    assert shell_of(Step(shell=Text("${{ matrix.shell }}")), job(), workflow) == ""


@pytest.mark.parametrize(
    ("runs_on", "wanted"),
    [
        ("ubuntu-24.04", "bash"),
        ("macOS-15", "bash"),
        ("windows-latest", "pwsh"),
        ("${{ matrix.os }}", ""),
        ("${{ matrix.os }}-latest", ""),
        ("self-hosted", ""),
    ],
)
def test_without_a_shell_the_runner_decides(runs_on: str, wanted: str) -> None:
    assert shell_of(Step(), job(runs_on), None) == wanted


def test_a_container_has_a_shell_for_sure_and_a_composite_action_names_its_own() -> None:
    assert shell_of(Step(), job("x", container=Text("alpine")), None) == "sh"
    assert shell_of(Step(), None, None) == ""


def test_labels_are_written_in_three_ways() -> None:
    listed = Seq((Text("self-hosted"), Text("Linux")))
    assert labels(Text("Ubuntu-Latest")) == ("ubuntu-latest",)
    assert labels(listed) == labels(Map(((Text("labels"), listed),))) == ("self-hosted", "linux")
    assert labels(None) == ()


def test_expressions_are_replaced_by_words_of_their_length() -> None:
    script = "echo ${{ a }} '${{ '}}' }}'\n${{ b"
    assert neutral(script) == "echo ________ '___________'\n${{ b"
    assert [source for _, _, source in expressions(script)] == [" a ", " '}}' "]


PLACES = {
    "bare": "echo @",
    "bare after a string": "echo \"a\" 'b' @",
    "bare in a command": 'echo "$(cat @)"',
    "bare in a command of the old kind": 'echo "`cat @`"',
    "bare behind an escaped quote": 'echo \\" @',
    "bare behind a comment": "# it's\necho @",
    "bare behind a length": "echo ${#a} $# @",
    "bare behind a here-document": "cat <<A\n'\nA\necho @",
    "bare behind a here-string": "cat <<< 'x' @",
    "bare in a subshell": "(cd a; echo @)",
    "bare behind a variable": 'a="${b:-"c"}" @',
    "bare behind arithmetic": "echo $((1 + (2))) @",
    "double": 'echo "a @ b"',
    "double behind a command": 'echo "$(a "b") @"',
    "double with an apostrophe": 'echo "it\'s @"',
    "double in a here-document": "cat <<-EOF\n\ta 'b' @\n\tEOF\n",
    "other: single": "echo 'a @'",
    "other: ansi": "echo $'a\\'@'",
    "other: comment": "echo a # @",
    "other: quoted here-document": "cat <<'EOF'\n@\nEOF\n",
    "other: arithmetic": "echo $((@ + 1))",
    "other: parameter": "echo ${a:-@}",
    "other: behind a case in a command": "echo $(case a in a) b;; esac) @",
    "other: odd here-document": "cat <<$x\n@\n",
}


@pytest.mark.parametrize("name", PLACES)
def test_the_quoting_of_a_place(name: str) -> None:
    script = PLACES[name]
    assert quotings(script, [script.index("@")]) == [name.split(maxsplit=1)[0].rstrip(":")]


def test_several_places_are_told_in_one_go() -> None:
    script = "a @ \"@\" '@' @"
    places = [index for index, char in enumerate(script) if char == "@"]
    assert quotings(script, places) == ["bare", "double", "other", "bare"]


@pytest.mark.parametrize("name", [name for name in PLACES if not name.startswith("other")])
def test_bash_agrees_on_what_expands(name: str) -> None:
    """A variable put there the way the quoting asks for arrives as one word."""
    script = PLACES[name].replace("@", "X" if name.startswith("double") else '"X"')
    script = script.replace("X", "$V")
    done = subprocess.run(
        ["bash", "-c", f'cd() {{ :; }}; cat() {{ echo "$@"; command cat; }}; {script}\n'],
        env={"V": "one  two", "PATH": "/usr/bin:/bin"},
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "one  two" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("script", "depth"),
    [
        ("echo", 0),
        ("(a); (b)", 1),
        ('echo "$(a "$(b `c`)")" $(d)', 3),
        ("$(( 1 + (2) ))", 2),
        ("echo '((((' # ((((", 0),
        ("( " * 50, 50),
    ],
)
def test_the_depth_of_a_script(script: str, depth: int) -> None:
    assert nesting(script) == depth
