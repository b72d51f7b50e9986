"""agentmesh logs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from agentmesh.cli.dispatch import dispatch
from agentmesh.core.events import RunCompleted
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def writer(store):
    """What writes a new run."""
    history = SqliteHistory(Layout(str(store)))
    name, number = history.new_run()
    writer = history.writer(name, number, "acme/app")
    yield writer
    writer.close()
    history.close()


@pytest.fixture
def stored(writer, failing_run):
    for event in failing_run.events:
        writer(event)
    writer.close()


@pytest.fixture
def call(capfd, store):
    def call(*argv):
        code = dispatch(("--store", str(store), "logs", *map(str, argv)))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_a_run_is_printed_step_by_step(call, stored):
    code, out, _ = call("last")
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "── build · Compile ──"
    assert lines[1:5] == ["##[group]Compilers", "cc", "##[endgroup]", "done"]
    assert lines[5] == "── test (3.12) · Run pytest ──"
    assert lines[6:] == [f"line {n}" for n in range(30)]


@pytest.mark.parametrize("job", ["test (3.12)", "test#1", "TEST (3.12)", "test"])
def test_a_job_is_named_by_name_key_or_id(call, stored, job):
    assert call("1", job)[1].splitlines()[0] == "── test (3.12) · Run pytest ──"


@pytest.mark.parametrize("step", ["1", "Compile", "compile"])
def test_a_step_is_printed_bare(call, stored, step):
    assert call("last", "build", step)[1] == "##[group]Compilers\ncc\n##[endgroup]\ndone\n"


def test_json_is_a_line_an_object(call, stored):
    objects = [json.loads(line) for line in call("last", "build", "--json")[1].splitlines()]
    assert [each["text"] for each in objects] == [
        "##[group]Compilers",
        "cc",
        "##[endgroup]",
        "done",
    ]
    assert [each["line"] for each in objects] == [1, 2, 3, 4]
    assert objects[0] | {"run": ""} == {
        "type": "log",
        "run": "",
        "job": "build",
        "job_id": "build",
        "step": "Compile",
        "number": 1,
        "line": 1,
        "text": "##[group]Compilers",
    }


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("last", "nope"), "its jobs are build, test (3.11), test (3.12), deploy"),
        (("last", "build", "nope"), "its steps are 1 (Compile)"),
        (("last", "deploy", "1"), "it has no steps"),
        (("9",), "the latest are 000001-"),
    ],
)
def test_what_is_not_there_is_exit_2_with_what_is(call, stored, argv, words):
    code, out, err = call(*argv)
    assert (code, out) == (2, "")
    assert words in err


def test_a_job_that_wrote_nothing_is_nothing(call, stored):
    assert call("last", "deploy")[:2] == (0, "")


def test_a_run_that_ended_is_followed_to_its_end(call, stored):
    assert call("last", "--follow")[1] == call("last")[1]


def test_a_run_is_followed_while_it_goes_on(writer, failing_run, store):
    events = iter(failing_run.events)
    for event in events:
        writer(event)
        if getattr(event, "text", ""):
            break
    writer.flush()
    program = "import sys; from agentmesh.cli.main import main; sys.exit(main())"
    argv = (sys.executable, "-c", program, "--store", str(store), "logs", "-f", "last")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as follower:
        try:
            _follow_along(follower, events, writer)
        finally:
            follower.kill()


def _follow_along(follower, events, writer):
    assert [follower.stdout.readline() for _ in range(5)][-1] == "done\n"
    for event in events:
        if isinstance(event, RunCompleted):
            writer.flush()
            assert [follower.stdout.readline() for _ in range(31)][-1] == "line 29\n"
        writer(event)
    assert follower.stdout.read() == ""
    assert follower.wait() == 0
