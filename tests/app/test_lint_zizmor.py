"""What zizmor says, by the real program and by odd answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app.lint_program import Program
from agentmesh.app.lint_tools import installed
from agentmesh.app.lint_zizmor import OURS, findings
from agentmesh.core.problem import Problem
from agentmesh.lang.parse import read
from agentmesh.lang.rules.registry import RULES
from agentmesh.lang.rules.source import Source

HEAD = "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"


def source(text: str, path: str = "a.yml") -> Source:
    kind = "action" if path.endswith("action.yml") else "workflow"
    parsed = read(text, path, kind)
    return Source(text, path, kind, parsed.root, parsed.value)


@pytest.fixture
def zizmor(tmp_path: Path) -> Callable[..., list[Problem]]:
    """The real one; of several texts, saved or not."""
    (program, _) = installed(os.environ, str(tmp_path))

    def run(*files: Source, save: bool = True) -> list[Problem]:
        for file in files:
            if save:
                (tmp_path / file.path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / file.path).write_text(file.text)
        return findings(program, files)

    return run


Run = Callable[..., list[Problem]]


def test_ours_that_zizmor_has_too_are_rules() -> None:
    assert {rule for ours in OURS.values() for rule in ours} <= set(RULES)


@pytest.mark.parametrize("save", [True, False])
def test_a_finding_has_its_place_its_severity_and_its_page(zizmor: Run, save: bool) -> None:
    text = HEAD + "      - name: 'é'\n        uses: actions/checkout@v4\n"
    (problem,) = (p for p in zizmor(source(text), save=save) if p.rule == "zizmor/artipacked")
    assert str(problem.span) == "a.yml:7:9"
    assert problem.severity == "warning"
    assert "persist-credentials" in problem.message
    assert problem.help == "Set persist-credentials: false."
    assert problem.url.startswith("https://docs.zizmor.sh/audits/")


def test_columns_count_characters(zizmor: Run) -> None:
    text = HEAD + "      - {name: 'éé', run: 'echo ${{ inputs.a }} ${{ fromJSON(secrets.A).b }}'}\n"
    problems = [p for p in zizmor(source(text)) if p.rule == "zizmor/unredacted-secrets"]
    marked = {text.splitlines()[p.span.line - 1][p.span.column - 1 :][:8] for p in problems}
    assert marked == {"${{ from"}


def test_what_ours_say_is_not_said_twice(zizmor: Run) -> None:
    text = HEAD + "      - run: |\n          echo ${{ github.head_ref }}\n      - uses: a/b@v1\n"
    assert {p.rule for p in zizmor(source(text))} == set()


def test_many_files_are_told_apart(zizmor: Run) -> None:
    text = HEAD + "      - uses: actions/checkout@v4\n"
    files = [source(text, f"{name}.yml") for name in "abc"]
    assert {p.span.file for p in zizmor(*files)} == {"a.yml", "b.yml", "c.yml"}


def test_actions_are_checked(zizmor: Run) -> None:
    text = "name: n\ndescription: d\nruns:\n  using: composite\n  steps:\n    - uses: actions/checkout@v4\n"
    assert {p.rule for p in zizmor(source(text, "x/action.yml"))} <= {"zizmor/artipacked"}


def test_a_file_that_we_refused_as_well_does_not_stop_the_others(zizmor: Run) -> None:
    good = source(HEAD + "      - uses: actions/checkout@v4\n")
    bad = source("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - foo: x\n", "b.yml")
    assert [p.rule for p in zizmor(bad, good)] == ["zizmor/artipacked"]


def test_a_file_that_it_cannot_read_is_told(zizmor: Run) -> None:
    text = HEAD + "      - run: a\n        background: true\n        id: x\n      - wait: x\n"
    problems = zizmor(source(text))
    assert [p.rule for p in problems] in ([], ["tool-failed"])
    assert all("cannot read" in p.message for p in problems)


def place(row: int) -> dict[str, object]:
    point = {"row": row, "column": 0}
    return {"location": {"start_point": point, "end_point": point}}


def answer(path: str, row: int = 0) -> dict[str, object]:
    symbolic = {"key": {"Local": {"verbatim_path": path}}, "annotation": "x", "kind": "Primary"}
    location = {"symbolic": symbolic, "concrete": place(row)}
    return {"ident": "new", "desc": "d", "locations": [location]}


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "its answer cannot be read"),
        ("{}", "its answer cannot be read"),
        ('[{"ident": 1}]', "its answer cannot be read"),
        (json.dumps([{"ident": "a", "desc": "b", "locations": []}]), "has no place"),
        (json.dumps([answer("PATH", 99)]), "it names line 100 of 8"),
    ],
)
def test_nonsense_is_a_failure(tmp_path: Path, output: str, why: str) -> None:
    file = source(HEAD + "      - run: x\n")
    (tmp_path / "a.yml").write_text(file.text)
    fake = tmp_path / "zizmor"
    fake.write_text(f"#!/bin/sh\ncat <<'E'\n{output.replace('PATH', str(tmp_path / 'a.yml'))}\nE\n")
    fake.chmod(0o755)
    program = Program(
        name="zizmor", path=str(fake), env={"PATH": os.environ["PATH"]}, directory=str(tmp_path)
    )
    (problem,) = findings(program, [file])
    assert problem.rule == "tool-failed"
    assert why in problem.message
