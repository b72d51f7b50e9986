"""agentmesh artifacts."""

from __future__ import annotations

import json

import pytest

from agentmesh.cli.dispatch import dispatch
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout


@pytest.fixture
def run(tmp_path, failing_run):
    """A run with two artifacts; its name."""
    layout = Layout(str(tmp_path / "store"))
    history = SqliteHistory(layout)
    name, number = history.new_run()
    writer = history.writer(name, number, "acme/app")
    for event in failing_run.events:
        writer(event)
    writer.close()
    history.close()
    (tmp_path / "x").write_text("content")
    for artifact in ("dist", "report"):
        FileArtifacts(layout).upload_now(name, artifact, (("sub/x.txt", str(tmp_path / "x")),))
    return name


@pytest.fixture
def call(capfd, tmp_path):
    def call(*argv):
        options = ("--store", str(tmp_path / "store"), "--directory", str(tmp_path))
        code = dispatch((*options, "artifacts", *map(str, argv)))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_without_any_there_is_nothing_to_list(call):
    assert call("ls")[:2] == (0, "there are no artifacts\n")
    assert call("ls", "--json")[1] == '{"artifacts":[]}\n'


@pytest.mark.parametrize("argv", [(), ("last",), ("1",)])
def test_artifacts_are_listed(call, run, argv):
    code, out, _ = call("ls", *argv)
    assert code == 0
    assert [row.split()[1] for row in out.splitlines()[1:]] == ["dist", "report"]
    found = json.loads(call("ls", *argv, "--json")[1])["artifacts"]
    assert [(a["run"], a["name"], a["files"], a["size"]) for a in found] == [
        (run, "dist", 1, 7),
        (run, "report", 1, 7),
    ]


def test_an_artifact_is_fetched_below_its_name(call, run, tmp_path):
    code, out, _ = call("get", "last", "dist")
    assert code == 0
    assert (tmp_path / "dist" / "sub" / "x.txt").read_text() == "content"
    assert out == f"1 file, 7 B, in {tmp_path}/dist\n"


def test_an_artifact_is_fetched_where_it_is_wanted(call, run, tmp_path):
    target = tmp_path / "a" / "b"
    _, out, _ = call("get", run, "dist", "--output", target, "--json")
    assert json.loads(out) == {
        "name": "dist",
        "run": run,
        "directory": str(target),
        "files": 1,
        "bytes": 7,
    }
    assert (target / "sub" / "x.txt").read_text() == "content"


def test_what_is_not_there_is_exit_2_with_what_is(call, run):
    code, _, err = call("get", "last", "nope")
    assert code == 2
    assert "its artifacts are dist, report" in err
    assert call("get", "8", "dist")[0] == 2
    assert call("ls", "8")[0] == 2


def test_a_folder_that_cannot_be_written_is_exit_3(call, run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = call("get", "last", "dist", "-o", tmp_path / "file" / "below")
    assert code == 3
    assert "remedy:" in err
