"""agentmesh plan: as a tree for people and as JSON."""

from __future__ import annotations

import json

import pytest

from agentmesh.cli.dispatch import dispatch

WORKFLOW = """
name: CI
on: push
jobs:
  lint: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  test:
    needs: lint
    strategy: {matrix: {os: [ubuntu-latest, windows-latest], v: [1, 2]}}
    runs-on: ${{ matrix.os }}
    steps: [{run: 'true'}]
  ship:
    needs: lint
    if: github.ref == 'refs/heads/release'
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
"""


@pytest.fixture
def plan(capfd, tmp_path, monkeypatch):
    """``plan(text, *options)``: run the command in a folder with one workflow."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "store"))
    folder = tmp_path / "project"
    (folder / ".github" / "workflows").mkdir(parents=True)
    monkeypatch.chdir(folder)

    def call(text, *argv):
        (folder / ".github" / "workflows" / "ci.yml").write_text(text)
        code = dispatch(("plan", *argv))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def test_a_plan_is_a_tree_with_reasons(plan):
    code, out, err = plan(WORKFLOW, "--event", "push")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("push refs/heads/main 0000000")
    assert lines[2] == ".github/workflows/ci.yml CI  on push"
    assert lines[3] == "├─ ✓ lint  no condition"
    assert lines[4] == "├─ ✗ test  4 cells · needs lint: all succeeded"
    assert lines[5] == "│  ├─ ✓ test (ubuntu-latest, 1)"
    assert "│  ├─ ✗ test (windows-latest, 1)  fails: no such machine here" in lines[7]
    assert "--skip-unavailable" in lines[7]
    assert "--skip-unavailable" not in lines[8]
    assert lines[9].startswith("└─ ○ ship  skipped: github.ref == 'refs/heads/release' is false")
    assert "3 jobs would run, 2 would fail at once, 1 skipped" in lines


def test_json_has_one_entry_a_cell(plan):
    code, out, _ = plan(WORKFLOW, "--json", "--skip-unavailable")
    assert code == 0
    jobs = json.loads(out)["jobs"]
    assert [(job["id"], job["name"], job["runs"]) for job in jobs] == [
        ("lint", "lint", True),
        ("test", "test (ubuntu-latest, 1)", True),
        ("test", "test (ubuntu-latest, 2)", True),
        ("test", "test (windows-latest, 1)", False),
        ("test", "test (windows-latest, 2)", False),
        ("ship", "ship", False),
    ]
    assert jobs[1]["matrix"] == {"os": "ubuntu-latest", "v": 1}
    assert jobs[1]["needs"] == ["lint"]
    assert jobs[0]["matrix"] is None
    assert "asks for Windows" in jobs[3]["why"]


def test_job_and_matrix_narrow_it_down(plan):
    _, out, _ = plan(WORKFLOW, "--json", "--job", "test", "--matrix", "os:ubuntu-latest")
    jobs = {job["name"]: job for job in json.loads(out)["jobs"]}
    assert [name for name, job in jobs.items() if job["runs"]] == [
        "lint",
        "test (ubuntu-latest, 1)",
        "test (ubuntu-latest, 2)",
    ]
    assert jobs["ship"]["why"] == "not selected by --job"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}], needs: b}\n", "ci.yml:3:"),
        ("on: push\njobs:\n  a: {runs-on: x, steps: [{run: x}]\n", "ci.yml:"),
        ("on: push\njobs: {a: {uses: ./none.yml}}\n", "ci.yml:2:"),
    ],
)
def test_a_workflow_that_cannot_be_used_is_exit_2_with_its_place(plan, text, place):
    code, out, err = plan(text, "--event", "push")
    assert (code, out) == (2, "")
    assert place in err
    assert "Traceback" not in err


def test_a_job_that_does_not_exist_is_exit_2_with_those_that_do(plan):
    code, _, err = plan(WORKFLOW, "--job", "tset")
    assert code == 2
    assert "there is no job 'tset'" in err
    assert "did you mean test? The jobs are lint, test, ship" in err


def test_nothing_to_run_is_a_plan_too(plan):
    code, out, _ = plan(WORKFLOW, "--event", "release")
    assert code == 0
    assert "○ lint  skipped: not triggered by release: on has push" in out
    assert "nothing to run" in out
