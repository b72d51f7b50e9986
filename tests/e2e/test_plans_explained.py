"""What a run leaves behind lets plans and explanations say more: real runs in real repositories."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

WORKFLOW = ".github/workflows/ci.yml"
CI = """
name: CI
on:
  push: {branches: [main], paths: ['src/**']}
  pull_request:
jobs:
  lint: {runs-on: ubuntu-latest, steps: [{run: sleep 0.2}]}
  test:
    needs: lint
    strategy: {matrix: {v: [1, 2]}}
    runs-on: ${{ matrix.v == 1 && 'ubuntu-latest' || 'big' }}
    steps: [{run: 'sleep 0.${{ matrix.v }}'}]
  ship:
    needs: test
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-latest
    steps: [{name: Ship it, run: 'echo shipping; exit 9'}]
  after: {needs: ship, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
TOML = '[platforms]\nbig = "host"\n[sizes.Big]\nprice-per-minute = 0.5\n'


@pytest.fixture
def ran(repository: Callable[..., Path], run_cli: Callable[..., object]) -> Path:
    """A repository in which the workflow has run; its last job but one fails."""
    repo = repository({WORKFLOW: CI, "agentmesh.toml": TOML, "src/a.py": "", "docs/a.md": ""})
    done = run_cli("run", "--json", "--event", "push", cwd=repo)
    assert done.conclusion == "failure"  # type: ignore[attr-defined]
    return repo


def test_a_plan_expects_what_runs_took_and_names_the_critical_path(ran, run_cli):
    found = json.loads(run_cli("plan", "--json", cwd=ran).stdout)
    jobs = {job["name"]: job for job in found["jobs"]}
    assert jobs["lint"]["seconds"] >= 0.2
    assert jobs["test (2)"]["start"] == jobs["lint"]["seconds"]
    assert jobs["test (1)"]["billed_minutes"] == 1
    assert jobs["test (2)"]["cost"] == 0.5
    assert jobs["ship"]["seconds"] is None
    expected = found["expected"]
    assert expected["critical_path"][0] == "lint"
    assert expected["critical_path"][1] in ("test#0", "test#1")
    assert expected["billed_minutes"] == 3
    assert expected["cost"] == pytest.approx(0.512)
    assert expected["unknown"] == ["ship", "after"]
    assert {size["label"] for size in expected["sizes"]} == {"ubuntu-latest", "big"}


def test_every_format_goes_to_a_file(ran, run_cli):
    for name in ("plan.svg", "plan.mmd", "plan.json", "plan.txt"):
        done = run_cli("plan", "--output", name, cwd=ran)
        assert (done.code, done.stdout) == (0, "")
        assert "test (2)" in (ran / name).read_text()
    root = ElementTree.parse(ran / "plan.svg").getroot()
    assert "Critical path: lint" in "".join(root.itertext())


def test_a_job_that_failed_and_one_that_was_skipped_are_explained(ran, run_cli):
    done = run_cli("explain", "ship", cwd=ran)
    assert done.code == 0
    assert "✗ ship failed" in done.stdout
    assert "github.ref == 'refs/heads/main' is true" in done.stdout
    assert "step 1 Ship it failed, exit code 9" in done.stdout
    assert "│ shipping" in done.stdout
    done = run_cli("explain", "after", "--run", "last", "--json", cwd=ran)
    (job,) = json.loads(done.stdout)["jobs"]
    assert job["ended_why"] == "needs a success, but ship failed"
    assert job["needs"] == [{"name": "ship", "conclusion": "failure"}]


def test_what_a_branch_or_a_file_would_change_is_told_from_the_repository(ran, run_cli, git):
    git(ran, "checkout", "-q", "-b", "docs-only")
    (ran / "docs/a.md").write_text("changed")
    git(ran, "commit", "-q", "-a", "-m", "Docs")
    git(ran, "checkout", "-q", "main")
    (ran / "src/a.py").write_text("changed")

    done = run_cli("graph", "--what-if", "--changed", "docs/a.md", "--json", cwd=ran)
    found = json.loads(done.stdout)
    assert {job["why"] for job in found["disappear"]} == {
        "on.push.paths has nothing for 'docs/a.md'"
    }
    assert {job["was"] for job in found["disappear"]} == {
        "on.push.branches has 'main' for 'main'; on.push.paths has 'src/**' for 'src/a.py'"
    }
    done = run_cli("graph", "--what-if", "--ref", "docs-only", "--json", cwd=ran)
    found = json.loads(done.stdout)
    assert found["to"]["changed"] == ["docs/a.md"]
    assert {job["why"] for job in found["disappear"]} == {
        "on.push.branches has nothing for 'docs-only'"
    }
    done = run_cli("graph", "--what-if", "--event", "pull_request", "--json", cwd=ran)
    found = json.loads(done.stdout)
    assert [job["name"] for job in found["disappear"]] == ["ship", "after"]
    assert found["appear"] == []
    assert found["same"] == 3


def test_an_excerpt_is_shown_from_another_folder(repository, run_cli, tmp_path):
    repo = repository({WORKFLOW: "on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n"})
    done = run_cli("plan", "--directory", str(repo), cwd=tmp_path)
    assert done.code == 2
    assert "5 |     stepz: []" in done.stderr
