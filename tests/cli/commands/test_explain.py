"""The command ``agentmesh explain``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.cli.dispatch import dispatch

Run = Callable[..., tuple[int, str, str]]

WORKFLOW = """
on: push
jobs:
  build: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  matrix: {needs: build, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


@pytest.fixture
def explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """Run ``agentmesh explain ARGS…`` in a folder with a workflow: exit code, output, errors."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("AGENTMESH_HOME", str(tmp_path / "store"))
    folder = tmp_path / "project"
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / ".github/workflows/ci.yml").write_text(WORKFLOW)
    monkeypatch.chdir(folder)

    def run(*args: str) -> tuple[int, str, str]:
        code = dispatch(["explain", *args])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def test_an_expression_sees_the_event_of_a_run(explain: Run) -> None:
    code, out, _ = explain("github.ref == 'refs/heads/main' && github.event_name")
    assert code == 0
    assert out.splitlines()[0].endswith("→ 'push'")
    _, out, _ = explain("github.event_name", "--event", "release")
    assert out == "github.event_name  → 'release'\n"
    _, out, _ = explain("${{ vars.X }}", "--var", "X=5")
    assert out == "vars.X  → '5'\n"


def test_contexts_come_from_a_file(explain: Run) -> None:
    Path("c.json").write_text('{"own": {"a": [1, 2]}}')
    code, out, _ = explain("own.a[1]", "--contexts", "c.json")
    assert (code, out) == (0, "own.a[1]  → 2\n")


def test_an_expression_without_a_value_is_exit_1(explain: Run) -> None:
    code, out, _ = explain("fromJSON('{')")
    assert code == 1
    assert "error: Error parsing JSON" in out
    code, out, _ = explain("'a", "--json")
    assert (code, json.loads(out)["error"]) == (1, "lexing")
    code, out, _ = explain("nope", "--as", "expr")
    assert code == 1
    assert "Unrecognized named-value" in out


def test_json_is_one_document_of_each_type(explain: Run) -> None:
    _, out, _ = explain("1 == 1", "--json")
    assert json.loads(out)["value"] is True
    _, out, _ = explain("build", "--json")
    assert json.loads(out)["type"] == "plan"
    _, out, _ = explain("untrusted-input", "--json")
    assert json.loads(out)["type"] == "rule"
    assert dispatch(["run", "--event", "push", "--job", "build"]) == 0
    explain("build")
    _, out, _ = explain("build", "--json")
    found = json.loads(out)
    assert (found["type"], found["jobs"][0]["conclusion"]) == ("job", "success")


def test_a_job_that_no_run_has_had_is_explained_from_the_plan(explain: Run) -> None:
    code, out, _ = explain("build")
    assert code == 0
    assert "no run has had it yet; in a plan for push refs/heads/main:" in out
    assert "✓ build would run" in out


def test_a_job_of_a_run_is_explained_from_history(explain: Run) -> None:
    assert dispatch(["run", "--event", "push"]) == 0
    explain("build")
    for args in (("matrix",), ("matrix", "--run", "last"), ("matrix", "--as", "job")):
        code, out, _ = explain(*args)
        assert code == 0
        assert "✓ matrix succeeded" in out
        assert "ran because     needs build: all succeeded" in out


def test_a_name_of_several_things_is_a_job_first_or_what_is_asked_for(explain: Run) -> None:
    _, out, _ = explain("matrix")
    assert "matrix would run" in out
    _, out, _ = explain("matrix", "--as", "expr")
    assert out == "matrix  → null  (the context matrix is not known here)\n"


def test_a_rule_is_its_page(explain: Run) -> None:
    code, out, _ = explain("untrusted-input")
    assert code == 0
    assert len(out.splitlines()) > 5


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("biuld",), "did you mean build?"),
        (("untrusted-imput",), "did you mean untrusted-input"),
        (("zzz", "--as", "job"), "there is no job 'zzz'"),
        (("zzz", "--as", "rule"), "there is no rule 'zzz'"),
        (("build", "--run", "last"), "there is no run"),
        (("x", "--run", "1", "--as", "rule"), "--run goes with a job"),
        (("x", "--contexts", "ok.json", "--as", "job"), "--contexts goes with an expression"),
        (("1", "--contexts", "none.json"), "none.json"),
        (("1", "--contexts", "bad.json"), "bad.json:1:2"),
        (("1", "--contexts", "binary.json"), "binary.json:1:2"),
        (("1", "--event", "psuh"), "there is no event 'psuh'"),
        (("1", "--event-path", "none.json"), "there is no such file"),
        ((), "Missing argument"),
    ],
)
def test_what_cannot_be_used_is_exit_2(explain: Run, args: tuple[str, ...], message: str) -> None:
    Path("ok.json").write_text("{}")
    Path("bad.json").write_text('{"a')
    Path("binary.json").write_bytes(b"{\xff")
    code, out, err = explain(*args)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_an_expression_can_be_explained_where_there_is_no_workflow(
    explain: Run, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    code, out, _ = explain("1 == 1", "--directory", str(tmp_path / "empty"))
    assert (code, out) == (0, "1 == 1  → true\n")
    code, _, err = explain("build", "--directory", str(tmp_path / "empty"))
    assert code == 2
    assert "no job is known here" in err
