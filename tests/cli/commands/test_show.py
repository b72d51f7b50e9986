"""agentmesh show."""

from __future__ import annotations

import json

import pytest

from agentmesh.cli.commands.show import read
from agentmesh.cli.dispatch import dispatch
from agentmesh.core.events import Logged, RunStarted
from agentmesh.core.state import fold


@pytest.fixture
def show(capfd):
    def call(*argv):
        code = dispatch(("show", *map(str, argv)))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_a_workflow_is_shown_as_it_was_read(show, tmp_path):
    path = tmp_path / "ci.yml"
    path.write_text("on: push\njobs: {a: {runs-on: x, steps: [{run: echo}]}}\n")
    code, out, _ = show("workflow", path)
    assert code == 0
    assert json.loads(out)["jobs"]["a"]["steps"][0]["run"]["source"] == "echo"


def test_a_workflow_that_cannot_be_used_is_exit_2(show, tmp_path):
    path = tmp_path / "ci.yml"
    path.write_text("on: push\njobz: {}\n")
    code, out, err = show("workflow", path)
    assert (code, out) == (2, "")
    assert f"{path}:" in err


def test_a_plan_is_shown_whole(agentmesh, workflow):
    workflow("a: {runs-on: ubuntu-latest, steps: [{run: echo}]}\n")
    shown = agentmesh("show", "plan")
    assert shown.returncode == 0, shown.stderr
    assert [node["key"] for node in json.loads(shown.stdout)["nodes"]] == ["a"]


def test_events_are_played_back_as_plain_lines_without_a_terminal(show, failing_run, written):
    code, out, _ = show("events", written(failing_run.events))
    assert code == 0
    assert out.startswith("run 7: ci.yml for push (main, 1a2b3c4)\n")
    assert out.endswith("✗ failure in 3.4 s: 2 succeeded, 1 failed, 1 skipped  run 7\n")


def test_events_as_json_come_out_as_they_went_in(show, failing_run, written):
    path = written(failing_run.events)
    _, out, _ = show("events", path, "--view", "json")
    first = [json.loads(line) for line in path.read_text().splitlines()]
    again = [json.loads(line) for line in out.splitlines()]
    # numbers of lines within a step belong to batches, and are not read back
    assert [e | {"line": 0} for e in again] == [e | {"line": 0} for e in first]


def test_the_summary_alone_can_be_asked_for(show, failing_run, written):
    _, out, _ = show("events", written(failing_run.events), "--view", "summary")
    assert "[build]" not in out
    assert "critical path" in out


@pytest.mark.parametrize("line", [b"{}", b'{"type":"\xff"}', b"\x00", b"["])
def test_what_is_no_event_is_exit_2_with_its_line(show, tmp_path, line):
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        b'{"type":"run.completed","time":"2026-01-01T00:00:00Z","conclusion":"success"}\n' + line
    )
    code, _, err = show("events", path)
    assert code == 2
    assert f"{path}:2:1: not an event" in err


def test_reading_gives_back_what_the_run_was(failing_run, written):
    events = list(read(str(written(failing_run.events))))
    assert isinstance(events[0], RunStarted)
    assert sum(isinstance(event, Logged) for event in events) == 34
    assert fold(events) == fold(failing_run.events)
