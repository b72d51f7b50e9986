"""agentmesh history."""

from __future__ import annotations

import json

import pytest

from agentmesh.cli.dispatch import dispatch
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.history import SqliteHistory
from agentmesh.store.layout import Layout


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def stored(store, failing_run):
    """Put the run into a store, some times; the names."""

    def put(times=1):
        names = []
        for _ in range(times):
            history = SqliteHistory(Layout(str(store)))
            name, number = history.new_run()
            writer = history.writer(name, number, "acme/app")
            for event in failing_run.events:
                writer(event)
            writer.close()
            history.close()
            names.append(name)
        return names

    return put


@pytest.fixture
def call(capfd, store):
    def call(*argv):
        code = dispatch(("--store", str(store), "history", *map(str, argv)))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_an_empty_store_has_no_runs_and_is_not_made(call, store):
    code, out, _ = call()
    assert (code, out) == (0, f"no run is stored in {store}\n")
    assert call("--json")[1] == '{"runs":[]}\n'
    assert not store.exists()


def test_runs_are_listed_the_newest_first(call, stored):
    first, second = stored(2)
    code, out, _ = call()
    assert code == 0
    _, *rows = out.splitlines()
    assert [row.split()[0] for row in rows] == [second, first]
    assert "failure" in rows[0]
    assert "2 success, 1 failure, 1 skipped" in rows[0]
    assert [row.split()[0] for row in call("--limit", 1)[1].splitlines()[1:]] == [second]


def test_json_is_one_document(call, stored):
    (name,) = stored()
    (run,) = json.loads(call("--json")[1])["runs"]
    assert run["run"] == name
    assert run["number"] == 1
    assert run["status"] == "failure"
    assert run["workflows"] == [".github/workflows/ci.yml"]
    assert run["started"] == "2026-01-02T03:04:05Z"
    assert run["jobs"] == {"success": 2, "failure": 1, "skipped": 1}


@pytest.mark.parametrize("text", ["last", "1", "000001"])
def test_one_run_is_shown_with_its_jobs_and_steps(call, stored, text):
    (name,) = stored()
    _, out, _ = call(text)
    assert out.startswith(f"run {name}  failure in 3.4 s\n")
    assert "✗ test (3.12)" in out
    assert "Run pytest" in out
    assert "success() is false: test failed" in out
    document = json.loads(call(text, "--json")[1])
    assert [job["name"] for job in document["jobs"]][:2] == ["build", "test (3.11)"]


def test_a_run_that_is_not_there_is_exit_2_with_those_that_are(call, stored):
    code, _, err = call("7")
    assert code == 2
    assert "no run is stored" in err
    (name,) = stored()
    code, out, err = call("7", "--json")
    assert code == 2
    assert f"the latest are {name}" in err
    assert json.loads(out)["exit_code"] == 2


def test_a_beginning_of_several_names_is_exit_2(call, stored):
    stored(2)
    code, _, err = call("0000")
    assert code == 2
    assert "may be one of 2 runs" in err


def test_old_runs_are_pruned_with_their_artifacts(call, stored, store, tmp_path):
    first, second = stored(2)
    artifacts = FileArtifacts(Layout(str(store)))
    (tmp_path / "x").write_text("x")
    for name in (first, second):
        artifacts.upload_now(name, "dist", (("x", str(tmp_path / "x")),))
    code, out, _ = call("--prune", "--keep", 1, "--days", 100000, "--json")
    assert code == 0
    assert json.loads(out) == {"runs": 1, "artifacts": 1}
    assert [run["run"] for run in json.loads(call("--json")[1])["runs"]] == [second]
    assert [artifact.run for artifact in artifacts.list_now()] == [second]


def test_the_recorded_runs_are_older_than_the_usual_days(call, stored):
    stored()
    # They are of the past, and so go, whatever today is: the limit is counted from their start.
    assert "deleted 0 runs" in call("--prune", "--days", 10**6)[1]
    assert "deleted 1 run " in call("--prune", "--days", 0)[1]


@pytest.mark.parametrize("argv", [("--keep", 1), ("last", "--prune"), ("--limit", 0)])
def test_options_that_make_no_sense_are_exit_2(call, argv):
    assert call(*argv)[0] == 2


def test_a_damaged_store_is_exit_3_with_a_remedy(call, store):
    store.mkdir()
    (store / "history.db").write_bytes(b"not a database at all, but a long text" * 100)
    code, _, err = call()
    assert code == 3
    assert "damaged" in err
    assert "remedy: move it away" in err
