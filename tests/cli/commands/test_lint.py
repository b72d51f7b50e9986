"""``agentmesh lint``, as it is called."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.cli.dispatch import dispatch

GOOD = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: x\n"
WARNED = "on: push\njobs:\n  a:\n    runs-on: x\n"
BAD = GOOD.replace("push", "pusj")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Call:
    """Calls the command beside a file of this text; the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(text: str, *options: str) -> tuple[int, str, str]:
        (tmp_path / "ci.yml").write_text(text)
        code = dispatch(("lint", "--no-tools", *(options or ("ci.yml",))))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_a_file_without_problems(lint: Call) -> None:
    assert lint(GOOD) == (0, "no problems in 1 file\n", "")


def test_warnings_do_not_fail(lint: Call) -> None:
    code, out, _ = lint(WARNED)
    assert code == 0
    assert "ci.yml:3:3: warning: Job 'a' has no steps [job-steps]" in out


def test_errors_fail_and_say_where(lint: Call) -> None:
    code, out, _ = lint(BAD)
    assert code == 1
    assert out == (
        "ci.yml:1:5: error: Unexpected value 'pusj' [unexpected-value]\n"
        "  1 | on: pusj\n"
        "    |     ^~~~\n"
        "  remedy: Did you mean 'push'?\n"
        "1 error in 1 file\n"
    )


@pytest.mark.parametrize("options", [("--format", "json"), ("--json",)])
def test_json_is_a_document_of_its_own(lint: Call, options: tuple[str, ...]) -> None:
    code, out, err = lint(BAD, "ci.yml", *options)
    assert code == 1
    assert err == ""
    (entry,) = json.loads(out)
    assert entry.items() >= {
        ("file", "ci.yml"),
        ("line", 1),
        ("column", 5),
        ("rule", "unexpected-value"),
        ("message", "Unexpected value 'pusj'"),
        ("severity", "error"),
    }
    assert lint(GOOD, "ci.yml", *options)[:2] == (0, "[]\n")


def test_github_is_told_by_commands(lint: Call) -> None:
    code, out, _ = lint(BAD, "ci.yml", "--format", "github")
    assert code == 1
    assert out.startswith("::error file=ci.yml,line=1,col=5,title=unexpected-value::")


@pytest.mark.parametrize(
    "options",
    [
        ("missing.yml",),
        ("ci.yml", "--format", "xml"),
        ("ci.yml", "--json", "--format", "text"),
        (),
    ],
)
def test_what_cannot_be_done_is_told(lint: Call, tmp_path: Path, options: tuple[str, ...]) -> None:
    if not options:
        options = ("--directory", str(tmp_path / "nowhere"))
    code, out, err = lint(GOOD, *options)
    assert code == 2
    assert err.startswith("agentmesh: error: ")
    assert "Traceback" not in err + out


def test_broken_yaml_is_a_finding(lint: Call) -> None:
    code, out, _ = lint("a: b: c\n")
    assert code == 1
    assert "ci.yml:1:5: error: Invalid YAML: " in out
