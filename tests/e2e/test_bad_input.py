"""Bad input: the place, what is wrong, the remedy, exit 2; never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: ':'\n"
HEAD = "on: push\njobs:\n"

# name → the file's text, and what the message says after the file's name
BROKEN: dict[str, tuple[str, str]] = {
    "yaml": ("on: push\njobs:\n  a: [\n", ":"),
    "unknown key of the file": (f"on: push\nextra: 1\njobs:\n  a:\n{STEPS}", ":2:1"),
    "unknown key of a step": (HEAD + f"  a:\n{STEPS}        runs: x\n", ":7:9"),
    "no runs-on": (HEAD + "  a:\n    steps:\n      - run: ':'\n", ":4:5"),
    "needs a job that is not there": (HEAD + f"  a:\n    needs: b\n{STEPS}", ":4:12"),
    "needs in a circle": (HEAD + f"  a:\n    needs: b\n{STEPS}  b:\n    needs: a\n{STEPS}", ":"),
    "unknown context": (HEAD + f"  a:\n    if: nothing.x == 1\n{STEPS}", ":4:9"),
    "a context that is not there yet": (HEAD + f"  a:\n    if: env.X == 1\n{STEPS}", ":4:9"),
    "expression that does not end": (HEAD + f"  a:\n{STEPS}      - run: ${{{{ (1 }}}}\n", ":7:14"),
    "unknown function": (HEAD + f"  a:\n{STEPS}      - run: ${{{{ f(1) }}}}\n", ":7:14"),
    "an event that there is none of": (f"on: pushed\njobs:\n  a:\n{STEPS}", ":1:5"),
    "step with run and uses": (HEAD + f"  a:\n{STEPS}        uses: ./x\n", ":"),
    "the same step id twice": (
        HEAD + f"  a:\n{STEPS}        id: x\n      - run: ':'\n        id: x\n",
        ":",
    ),
    "nothing": ("", ":"),
}


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_broken_workflow_is_told_with_its_place(
    what: str, command: str, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    text, place = BROKEN[what]
    ran = run_cli(command, cwd=repository({".github/workflows/ci.yml": text}))
    assert ran.code == 2
    assert f".github/workflows/ci.yml{place}" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("what", BROKEN)
def test_lint_finds_it_too(
    what: str, repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    text, place = BROKEN[what]
    ran = run_cli("lint", ".", cwd=repository({".github/workflows/ci.yml": text}))
    assert ran.code == 1
    assert f".github/workflows/ci.yml{place}" in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "--job", "nowhere"], "nowhere"),
        (["run", "--matrix", "x"], "--matrix"),
        (["run", "--input", "x"], "--input"),
        (["run", "--event-path", "nowhere.json"], "nowhere.json"),
        (["run", "--secret-file", "nowhere.env"], "nowhere.env"),
        (["run", "--platform", "x=y"], "--platform"),
        (["run", "--action-source", "x"], "--action-source"),
        (["run", "nowhere.yml"], "nowhere.yml"),
        (["run", "--directory", "nowhere"], "nowhere"),
        (["run", "--nothing"], "--nothing"),
        (["rum"], "run"),
        (["logs", "no-such-run"], "no-such-run"),
    ],
    ids=" ".join,
)
def test_unusable_arguments_are_named(
    arguments: list[str],
    says: str,
    repository: Callable[..., Path],
    run_cli: Callable[..., Any],
) -> None:
    repo = repository({".github/workflows/ci.yml": HEAD + f"  a:\n{STEPS}"})
    ran = run_cli(*arguments, cwd=repo)
    assert ran.code == 2
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_folder_without_workflows_says_where_they_are_looked_for(
    repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    ran = run_cli("run", cwd=repository({"README.md": "Nothing here.\n"}))
    assert ran.code == 2
    assert ".github/workflows" in ran.stderr


def test_an_event_payload_that_is_no_json_is_told_with_its_place(
    repository: Callable[..., Path], run_cli: Callable[..., Any]
) -> None:
    repo = repository(
        {".github/workflows/ci.yml": HEAD + f"  a:\n{STEPS}", "event.json": '{\n  "ref": \n}\n'}
    )
    ran = run_cli("run", "--event-path", "event.json", cwd=repo)
    assert ran.code == 2
    assert "event.json" in ran.stderr
    assert "Traceback" not in ran.stderr
