"""What a person reads when something went wrong."""

from __future__ import annotations

import json

import click
import pytest

from agentmesh.cli.failure import BUG, Reporter, code_of, did_you_mean
from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.core.problem import Problem, Span


def test_a_remedy_follows_the_message(capfd):
    assert Reporter(()).error(SetupError("no bash", remedy="apt-get install bash")) == 3
    assert capfd.readouterr() == (
        "",
        "agentmesh: error: no bash\n  remedy: apt-get install bash\n",
    )


def test_a_file_that_cannot_be_read_again_is_named_without_its_line(capfd):
    problem = Problem(rule="r", span=Span("/nowhere/ci.yml", 2, 3), message="m")
    assert Reporter(()).error(WorkflowError("bad", problems=(problem,))) == 2
    assert "/nowhere/ci.yml:2:3" in capfd.readouterr().err


def test_a_usage_error_names_the_command_to_ask(capfd):
    ctx = click.Context(click.Command("run"), info_name="agentmesh run")
    assert Reporter(("run", "--json")).usage(click.UsageError("no", ctx)) == 2
    out, err = capfd.readouterr()
    assert json.loads(out) == {"type": "error", "message": "no", "exit_code": 2}
    assert "remedy: see agentmesh run --help" in err


def test_a_bug_shows_no_secret_of_the_command_line(capfd, tmp_path, monkeypatch):
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path))
    argv = ("run", "--secret", "T=hunter2")
    assert Reporter(argv).crash(ValueError("bad hunter2\nmore")) == BUG
    err = capfd.readouterr().err
    assert "ValueError: bad ***" in err
    assert "hunter2" not in err
    assert "more" not in err


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (3, 3), ("text", 1)])
def test_the_code_of_a_system_exit(code, expected):
    assert code_of(SystemExit(code)) == expected


@pytest.mark.parametrize(
    ("word", "hint"), [("hisory", " Did you mean 'history'?"), ("xyz", ""), ("", "")]
)
def test_a_close_word_is_suggested(word, hint):
    assert did_you_mean(word, ["run", "history"]) == hint


@pytest.fixture
def project(tmp_path):
    """A project whose workflow has a second line."""
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/ci.yml").write_text("on: push\njobs: here\n")
    return tmp_path


PROBLEM = Problem(rule="r", span=Span(".github/workflows/ci.yml", 2, 7), message="m")


@pytest.mark.parametrize(
    "argv",
    [
        ("plan", "--directory", "{}"),
        ("--directory={}", "plan"),
        ("-C", "{}", "plan"),
        ("-C{}", "plan"),
        ("plan", "--directory", "nowhere", "--directory", "{}/.github"),
    ],
)
def test_the_line_of_a_problem_is_found_from_any_folder(project, argv, capfd, monkeypatch):
    monkeypatch.chdir("/")
    argv = tuple(word.format(project) for word in argv)
    Reporter(argv).error(WorkflowError("bad", problems=(PROBLEM,)))
    assert "2 | jobs: here" in capfd.readouterr().err


def test_the_line_of_a_problem_is_found_below_the_root(project, capfd, monkeypatch):
    monkeypatch.chdir(project / ".github/workflows")
    Reporter(("plan",)).error(WorkflowError("bad", problems=(PROBLEM,)))
    assert "2 | jobs: here" in capfd.readouterr().err


def test_what_stands_behind_two_dashes_is_no_option(project, capfd, monkeypatch):
    monkeypatch.chdir("/")
    argv = ("plan", "--", "--directory", str(project))
    Reporter(argv).error(WorkflowError("bad", problems=(PROBLEM,)))
    assert "jobs: here" not in capfd.readouterr().err
