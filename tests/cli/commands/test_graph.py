"""The command ``agentmesh graph``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentmesh.cli.dispatch import dispatch

WORKFLOW = """
on:
  push: {branches: [main, 'release/**'], tags: ['v*'], paths: ['src/**', '!src/**/*.md']}
  pull_request: {types: [opened, labeled], branches: [main]}
jobs:
  test: {strategy: {matrix: {v: [1, 2]}}, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  ship:
    needs: test
    if: startsWith(github.ref, 'refs/tags/')
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
"""
EVERYTHING = {"test (1)", "test (2)"}


@pytest.fixture
def graph(capfd, tmp_path, monkeypatch):
    """``graph(*options)``: run the command in a folder that is no repository, on ``main``."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "store"))
    folder = tmp_path / "project"
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / ".github/workflows/ci.yml").write_text(WORKFLOW)
    monkeypatch.chdir(folder)

    def call(*argv):
        code = dispatch(("graph", *argv))
        out, err = capfd.readouterr()
        return code, out, err

    return call


def what_if(graph, *argv):
    """What appears, disappears and changes: names of jobs, and the document."""
    code, out, _ = graph("--what-if", "--json", *argv)
    assert code == 0
    found = json.loads(out)
    return tuple({job["name"] for job in found[k]} for k in ("appear", "disappear")), found


@pytest.mark.parametrize(
    ("options", "appear", "disappear", "why"),
    [
        (("--ref", "feature"), set(), EVERYTHING, "on.push.branches has nothing for 'feature'"),
        (("--ref", "release/a/b"), set(), set(), ""),
        (
            ("--ref", "refs/tags/v1"),
            {"ship"},
            set(),
            "startsWith(github.ref, 'refs/tags/') is true",
        ),
        (("--ref", "refs/tags/x"), set(), EVERYTHING, "on.push.tags has nothing for 'x'"),
        (("--changed", "src/a.py"), set(), set(), ""),
        (
            ("--changed", "docs/a", "--changed", "b"),
            set(),
            EVERYTHING,
            "on.push.paths has nothing for 'docs/a' and 1 more",
        ),
        (
            ("--changed", "src/x/a.md"),
            set(),
            EVERYTHING,
            "on.push.paths has nothing for 'src/x/a.md'",
        ),
        (("--changed", ""), set(), EVERYTHING, "on.push.paths has nothing for no changed file"),
        (("--event", "pull_request"), set(), set(), ""),
        (
            ("--event", "pull_request", "--ref", "dev"),
            set(),
            EVERYTHING,
            "on.pull_request.branches has nothing for 'dev'",
        ),
        (("--event", "release"), set(), EVERYTHING, "not triggered by release"),
    ],
)
def test_what_another_event_ref_or_file_would_change(graph, options, appear, disappear, why):
    names, found = what_if(graph, *options)
    assert names == (appear, disappear)
    reasons = [job["why"] for job in found["appear"] + found["disappear"]]
    assert all(reason.startswith(why) for reason in reasons)
    assert found["same"] == 2 - len(disappear)


@pytest.mark.parametrize(
    ("action", "disappear", "why"),
    [
        ("labeled", set(), ""),
        ("closed", EVERYTHING, "on.pull_request.types is opened, labeled, not 'closed'"),
    ],
)
def test_what_another_activity_type_would_change(graph, tmp_path, action, disappear, why):
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps({"action": action, "pull_request": {}}))
    names, found = what_if(graph, "--event-path", str(payload))
    assert names == (set(), disappear)
    assert {job["why"] for job in found["disappear"]} == ({why} if why else set())
    assert found["to"]["action"] == action


def test_the_difference_is_told_and_drawn(graph, tmp_path):
    _, out, _ = graph("--what-if", "--ref", "refs/tags/v1")
    assert "now      push refs/heads/main" in out
    assert "what if  push refs/tags/v1" in out
    assert "    + ship" in out.splitlines()
    _, out, _ = graph("--what-if", "--ref", "refs/tags/v1", "--format", "mermaid")
    assert "class j1 appears" in out
    code, out, err = graph("--what-if", "--ref", "refs/tags/v1", "--output", "a.svg")
    assert (code, out, err) == (0, "", "")
    assert ">appears</text>" in Path("a.svg").read_text()


def test_without_a_supposition_it_is_a_usage_error(graph):
    code, out, err = graph("--what-if")
    assert (code, out) == (2, "")
    assert "--what-if needs something to suppose" in err


def test_a_graph_alone_is_the_plan_in_a_format(graph):
    code, out, _ = graph("--format", "mermaid")
    assert code == 0
    assert out.startswith("flowchart LR\n")
    assert "test (1)" in out
    _, out, _ = graph("--ref", "refs/tags/v1", "--json")
    jobs = {job["name"]: job["runs"] for job in json.loads(out)["jobs"]}
    assert jobs == {"test (1)": True, "test (2)": True, "ship": True}
    _, out, _ = graph()
    assert "├─ ✓ test  2 cells" in out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ref", "a..b"), "no name of a branch or a tag"),
        (("--changed", "/etc/passwd"), "is no file of"),
        (("--format", "svg", "--json"), "does not go with"),
        (("--format", "dot"), "'dot' is not one of"),
        (("--output", "none/x.svg"), "cannot be written"),
        (("--event", "schedule", "--ref", "x"), "always about the default branch"),
    ],
)
def test_what_cannot_be_used_is_exit_2(graph, options, message):
    code, _, err = graph(*options)
    assert (code, "Traceback" in err) == (2, False)
    assert message in err
