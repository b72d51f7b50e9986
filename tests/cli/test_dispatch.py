"""From arguments to an exit code."""

from __future__ import annotations

import json

import click
import pytest

from agentmesh.cli import dispatch as module
from agentmesh.cli.dispatch import COMMANDS, dispatch, top
from agentmesh.core.errors import Refused, SetupError, WorkflowError
from agentmesh.core.problem import Problem, Span


@pytest.fixture
def call(monkeypatch, capfd, tmp_path):
    """Call the command line in this process, with one more command that does what a test says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "store"))

    def run(*argv, does=None):
        @click.command()
        @click.option("--json", "as_json", is_flag=True)
        @click.argument("words", nargs=-1)
        def command(as_json, words):
            if does is not None:
                raise does

        monkeypatch.setitem(COMMANDS, "probe", ("version", "A command of the tests."))
        monkeypatch.setattr("agentmesh.cli.commands.version.command", command)
        code = dispatch(argv)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_help_names_each_command_with_its_line(call):
    code, out, _ = call("--help")
    assert code == 0
    for name, (_, summary) in COMMANDS.items():
        assert name in out
        assert summary in out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WorkflowError("unusable"), 2),
        (SetupError("missing"), 3),
        (Refused("no"), 4),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (click.exceptions.Exit(5), 5),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
        (click.ClickException("odd"), 2),
    ],
)
def test_each_end_has_its_exit_code(call, error, code):
    assert call("probe", does=error)[0] == code


def test_an_error_says_where_what_and_the_remedy(call):
    error = WorkflowError("bad", where=Span("ci.yml", 3, 5), remedy="mend it")
    code, out, err = call("probe", does=error)
    assert (code, out) == (2, "")
    assert err == "agentmesh: error: ci.yml:3:5: bad\n  remedy: mend it\n"


def test_problems_are_shown_with_their_lines(call, tmp_path):
    (tmp_path / "ci.yml").write_text("on: push\njobz:\n")
    problem = Problem(rule="unknown-key", span=Span("ci.yml", 2, 1, 2, 5), message="Unexpected")
    code, _, err = call("probe", does=WorkflowError("one problem", problems=(problem,)))
    assert code == 2
    assert "ci.yml:2:1" in err
    assert "jobz:" in err
    assert "^" in err
    assert err.endswith("agentmesh: error: one problem\n")


def test_with_json_an_error_is_one_document(call):
    problem = Problem(rule="r", span=Span("ci.yml", 2, 1), message="m", help="h")
    error = WorkflowError("bad", where=Span("ci.yml", 2, 1), remedy="mend", problems=(problem,))
    _, out, err = call("probe", "--json", does=error)
    assert json.loads(out) == {
        "type": "error",
        "message": "bad",
        "exit_code": 2,
        "file": "ci.yml",
        "line": 2,
        "column": 1,
        "remedy": "mend",
        "problems": [
            {
                "file": "ci.yml",
                "line": 2,
                "column": 1,
                "rule": "r",
                "severity": "error",
                "message": "m",
                "help": "h",
            }
        ],
    }
    assert err


def test_what_follows_two_dashes_is_no_option(call):
    assert call("probe", "--", "--json", does=WorkflowError("bad"))[1] == ""


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (["rum"], "Did you mean 'run'?"),
        (["version", "--jsn"], "Did you mean"),
        (["nothing-like-it"], "There is no command 'nothing-like-it'."),
    ],
)
def test_a_wrong_word_is_a_usage_error_with_a_hint(call, argv, hint):
    code, out, err = call(*argv)
    assert (code, out) == (2, "")
    assert hint in err
    assert "--help" in err


def test_a_bug_of_ours_leaves_a_report_and_no_traceback(call, tmp_path):
    code, out, err = call("probe", "--json", "x", does=RuntimeError("oh no"))
    assert code == 70
    assert "Traceback" not in err
    (report,) = (tmp_path / "store" / "crashes").iterdir()
    assert str(report) in err
    assert "RuntimeError: oh no" in report.read_text()
    assert json.loads(out)["exit_code"] == 70


def test_a_reader_that_leaves_is_no_error(call, capfd):
    import os

    keep = os.dup(1)
    try:
        code, _, err = call("probe", does=BrokenPipeError())
    finally:
        os.dup2(keep, 1)
        os.close(keep)
    assert (code, err) == (0, "")


def test_the_number_that_a_command_returns_is_the_exit_code(monkeypatch):
    monkeypatch.setattr(module.top, "main", lambda *args, **options: 5)
    assert dispatch([]) == 5


def test_every_command_exists_and_is_listed_with_its_module():
    context = click.Context(top)
    for name in COMMANDS:
        command = top.get_command(context, name)
        assert isinstance(command, click.Command), name
        assert command.get_short_help_str(), name


def test_the_store_may_be_named_before_or_after_the_command(capfd, tmp_path, monkeypatch):
    monkeypatch.delenv("AGENTMESH_HOME", raising=False)
    stores = []
    for argv in (
        ("--store", str(tmp_path / "a"), "version", "--json"),
        ("version", "--json", "--store", str(tmp_path / "a")),
        ("--store", str(tmp_path / "b"), "version", "--json", "--store", str(tmp_path / "a")),
    ):
        assert dispatch(argv) == 0
        stores.append(json.loads(capfd.readouterr().out)["store"])
    assert stores == [str(tmp_path / "a")] * 3


def test_a_folder_that_is_not_there_is_unusable_input(capfd, tmp_path):
    assert dispatch(("-C", str(tmp_path / "none"), "version")) == 2
    assert "there is no folder" in capfd.readouterr().err
