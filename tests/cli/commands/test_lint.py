"""``agentmesh lint``, as it is called."""

from __future__ import annotations

import io
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


UNTRUSTED = (
    "on: issues\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
    '      - run: echo "${{ github.event.issue.title }}"\n'
)


def test_sarif_is_a_document_of_its_own(lint: Call) -> None:
    code, out, _ = lint(BAD, "ci.yml", "--format", "sarif")
    assert code == 1
    (result,) = json.loads(out)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("unexpected-value", "error")


def test_what_is_mended_is_told(lint: Call, tmp_path: Path) -> None:
    code, out, _ = lint(UNTRUSTED, "ci.yml", "--fix")
    assert code == 0
    first, last = out.splitlines()[0], out.splitlines()[-1]
    assert first.startswith("ci.yml:6:")
    assert ": fixed: " in first
    assert first.endswith("[untrusted-input]")
    assert last.endswith("in 1 file, 1 problem fixed")
    assert "env:" in (tmp_path / "ci.yml").read_text()


def test_json_says_on_the_other_stream_what_is_mended(lint: Call) -> None:
    _, out, err = lint(UNTRUSTED, "ci.yml", "--fix", "--json")
    assert "untrusted-input" not in {entry["rule"] for entry in json.loads(out)}
    assert "fixed: " in err


def unsaved(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_an_unsaved_text_is_checked_in_one_call(
    lint: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsaved(monkeypatch, BAD.encode())
    code, out, _ = lint(GOOD, "--stdin", "--path", ".github/workflows/new.yml")
    assert code == 1
    assert out.startswith(".github/workflows/new.yml:1:5: error: Unexpected value 'pusj'")


def test_an_unsaved_text_that_is_no_text(lint: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    unsaved(monkeypatch, b"on: push\nname: \xff")
    code, _, err = lint(GOOD, "--stdin", "--path", "new.yml")
    assert code == 2
    assert err.startswith("agentmesh: error: new.yml:2:1: ")


@pytest.mark.parametrize(
    "options",
    [
        ("--stdin",),
        ("--stdin", "--path", "a.yml", "ci.yml"),
        ("--stdin", "--path", "a.yml", "--fix"),
        ("ci.yml", "--path", "a.yml"),
    ],
)
def test_options_that_do_not_go_together(lint: Call, options: tuple[str, ...]) -> None:
    code, _, err = lint(GOOD, *options)
    assert code == 2
    assert err.startswith("agentmesh: error: ")


def test_a_file_that_cannot_be_written_is_told(lint: Call, tmp_path: Path) -> None:
    # There is no room for the name of a file beside it.
    name = f"{'a' * 246}.yml"
    (tmp_path / name).write_text(UNTRUSTED)
    code, _, err = lint(GOOD, name, "--fix")
    assert code == 2
    assert "cannot be mended" in err
    assert (tmp_path / name).read_text() == UNTRUSTED
