"""Findings of other programs, in the same list."""

from __future__ import annotations

import os
from pathlib import Path

from agentmesh.app.lint import lint, lint_text
from agentmesh.app.lint_tools import installed, tools

TEXT = """\
on: push
permissions: {}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "${{ github.event.head_commit.message }}"
          echo $A
"""


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_programs_on_the_path_come_before_those_beside_python(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "zizmor", "true")
    environ = {"PATH": str(tmp_path / "bin"), "HOME": "/h", "GH_TOKEN": "s", "ZIZMOR_CONFIG": "c"}
    zizmor, shellcheck = installed(environ, str(tmp_path))
    assert zizmor.path == str(tmp_path / "bin/zizmor")
    assert os.path.basename(shellcheck.path) == "shellcheck"
    assert zizmor.directory == str(tmp_path)
    assert set(zizmor.env) == {"PATH", "HOME", "ZIZMOR_CONFIG"}


def test_without_programs_there_is_nothing_to_ask() -> None:
    assert tools(()) is None


def test_both_add_to_the_list(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(TEXT.replace("permissions: {}", "permissions: write-all"))
    ask = tools(installed(os.environ, str(tmp_path)))
    report = lint(("a.yml",), str(tmp_path), tools=ask)
    rules = [problem.rule for problem in report.problems]
    assert "shellcheck/SC2086" in rules
    assert "untrusted-input" in rules
    assert "zizmor/template-injection" not in rules
    assert not report.failed


def test_a_text_that_is_not_saved_is_checked_too(tmp_path: Path) -> None:
    ask = tools(installed(os.environ, str(tmp_path)))
    report = lint_text(TEXT, ".github/workflows/a.yml", str(tmp_path), tools=ask)
    assert {"shellcheck/SC2086", "untrusted-input"} <= {each.rule for each in report.problems}
    assert {each.span.file for each in report.problems} == {".github/workflows/a.yml"}


def test_comments_take_their_findings_back(tmp_path: Path) -> None:
    text = TEXT.replace(
        "      - run", "      # agentmesh: ignore[shellcheck/*] a number\n      - run"
    )
    text = text.replace(
        '- run: |\n          echo "${{ github.event.head_commit.message }}"\n          echo',
        "- run: echo",
    )
    ask = tools(installed(os.environ, str(tmp_path)))
    report = lint_text(text, "a.yml", str(tmp_path), tools=ask)
    assert [each.rule for each in report.problems if each.rule.startswith("shellcheck")] == []


def test_programs_that_stumble_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program(tmp_path / "bin", "zizmor", "echo 'no JSON'")
    program(tmp_path / "bin", "shellcheck", "exit 3")
    ask = tools(installed({"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}, str(tmp_path)))
    report = lint_text(TEXT, "a.yml", str(tmp_path), tools=ask)
    told = [(each.severity, each.message) for each in report.problems if each.rule == "tool-failed"]
    assert sorted(message.partition(":")[0] for _, message in told) == [
        "shellcheck failed",
        "zizmor failed",
    ]
    assert {severity for severity, _ in told} == {"warning"}
