"""How an expression got its value, and why a job ended as it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app.arguments import RunArguments
from agentmesh.app.embedded import run
from agentmesh.app.explain import (
    JobStory,
    Waited,
    bare,
    contexts_of_event,
    expression,
    job_of_last_run,
    job_of_plan,
    job_of_run,
    known_jobs,
    near,
    secrets_in,
)
from agentmesh.app.outline import outline
from agentmesh.app.plan import Prepared
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError

Plan = Callable[..., Prepared]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("${{ github.ref }}", "github.ref"),
        (" ${{github.ref}} ", "github.ref"),
        ("github.ref", "github.ref"),
        ("${{ a }} && ${{ b }}", "${{ a }} && ${{ b }}"),
    ],
)
def test_an_expression_may_stand_in_its_braces(source: str, text: str) -> None:
    assert bare(source) == text


def test_an_expression_has_steps_or_an_error() -> None:
    explained = expression("${{ github.ref == 'X' }}", {"github": {"ref": "x"}}, "/")
    assert explained.step is not None
    assert explained.step.value is True
    assert not explained.failed
    assert expression("fromJSON('{')", {}, "/").failed
    broken = expression("'a", {}, "/")
    assert broken.failed
    assert broken.error is not None
    assert broken.error.kind == "lexing"


def test_texts_of_secrets_and_the_token_are_known_to_be_secret() -> None:
    contexts = {"secrets": {"A": "abc", "B": "", "C": 5, "D": "abcd"}, "github": {"token": "t"}}
    assert secrets_in(contexts) == ("abcd", "abc", "t")
    assert secrets_in({"secrets": None, "github": "x"}) == ()


def settings_of(tmp_path: Path, text: str | None = None) -> Settings:
    folder = tmp_path / "project"
    place = folder / ".github/workflows"
    place.mkdir(parents=True, exist_ok=True)
    if text is not None:
        (place / "ci.yml").write_text(text)
    return Settings(
        store=str(tmp_path / "store"),
        directory=str(folder),
        environ={"USER": "ada", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )


def test_contexts_are_those_of_the_event_that_a_run_would_be_for(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    arguments = RunArguments(
        event="pull_request", inputs={"i": "1"}, vars={"V": "2"}, secrets={"S": "hidden"}
    )
    found = contexts_of_event(arguments, settings)
    assert found["github"]["event_name"] == "pull_request"  # type: ignore[index]
    assert found["inputs"] == {"i": "1"}
    assert found["vars"] == {"V": "2"}
    assert found["secrets"] == {"S": "***"}
    with pytest.raises(WorkflowError):
        contexts_of_event(RunArguments(workflows=("none",)), settings)


def test_a_plan_knows_jobs_by_name_key_and_id(planned: Plan) -> None:
    text = """
    on: push
    jobs:
      a: {name: First, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
      b: {strategy: {matrix: {v: [1, 2]}}, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
    """
    rows = outline(planned({"ci.yml": text}).plan).rows
    assert [row.name for row in job_of_plan(rows, "First")] == ["First"]
    assert [row.name for row in job_of_plan(rows, "b#1")] == ["b (2)"]
    assert [row.name for row in job_of_plan(rows, "B")] == ["b (1)", "b (2)"]
    assert job_of_plan(rows, "c") == ()


def test_names_that_look_alike_are_near() -> None:
    assert near("Untrusted-Imput", ["untrusted-input", "matrix", "Build"]) == ["untrusted-input"]
    assert near("buidl", ["Build"]) == ["Build"]
    assert near("zzz", ["Build"]) == []


WORKFLOW = """
on: push
jobs:
  good: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  bad:
    needs: good
    strategy: {matrix: {v: [1]}}
    runs-on: ubuntu-latest
    steps:
      - {name: Soft, run: exit 3, continue-on-error: true}
      - {name: Hard, run: 'for i in $(seq 30); do echo line $i; done; exit 7'}
  after: {needs: bad, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  no: {if: github.ref == 'x', runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  tidy: {needs: [bad, after], if: always(), runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  nowhere: {runs-on: windows-latest, steps: [{run: 'true'}]}
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a folder in which a workflow has run."""
    settings = settings_of(tmp_path_factory.mktemp("ran"), WORKFLOW)
    assert run(RunArguments(event="push"), settings, ()).conclusion == "failure"
    return settings


def story(settings: Settings, name: str) -> JobStory:
    told = job_of_last_run(settings, name)
    assert told is not None
    (job,) = told.jobs
    return job


def test_a_job_that_failed_tells_its_steps_and_their_last_lines(ran: Settings) -> None:
    job = story(ran, "bad")
    assert (job.conclusion, job.why) == ("failure", "needs good: all succeeded")
    assert job.needs == (Waited(name="good", conclusion="success"),)
    assert job.matrix == {"v": 1}
    assert [(s.name, s.conclusion, s.exit_code) for s in job.steps] == [
        ("Soft", "failure, allowed to", 3),
        ("Hard", "failure", 7),
    ]
    hard = job.steps[1]
    assert hard.last_lines == tuple(f"line {n}" for n in range(21, 31))
    assert hard.more_lines == 20
    assert job.queued is not None
    assert job.queued >= 0
    assert job.waited is not None
    assert job.seconds is not None


def test_a_job_that_was_skipped_tells_the_clause_that_decided(ran: Settings) -> None:
    assert story(ran, "no").ended_why == (
        "github.ref == 'x' is false (github.ref is 'refs/heads/main')"
    )
    after = story(ran, "after")
    assert (after.conclusion, after.queued) == ("skipped", None)
    assert after.needs == (Waited(name="bad", conclusion="failure"),)
    assert after.ended_why == "needs a success, but bad failed"


def test_a_job_that_ran_tells_why_it_did_and_how_its_needs_ended(ran: Settings) -> None:
    tidy = story(ran, "tidy")
    assert (tidy.conclusion, tidy.why) == ("success", "always() is true")
    assert tidy.needs == (
        Waited(name="bad", conclusion="failure"),
        Waited(name="after", conclusion="skipped"),
    )
    assert tidy.steps == ()


def test_a_job_without_a_machine_tells_what_was_missing(ran: Settings) -> None:
    assert "asks for Windows" in story(ran, "nowhere").ended_why


def test_a_job_is_looked_for_in_this_project_first_or_in_a_run_by_name(
    ran: Settings, tmp_path: Path
) -> None:
    elsewhere = Settings(store=ran.store, directory=str(tmp_path))
    assert job_of_last_run(elsewhere, "bad") is None
    assert job_of_last_run(elsewhere, "bad", anywhere=True) is not None
    assert job_of_last_run(ran, "gone", anywhere=True) is None
    assert job_of_run(elsewhere, "bad", "last").jobs[0].conclusion == "failure"
    with pytest.raises(WorkflowError, match="has no job 'gone'"):
        job_of_run(ran, "gone", "last")
    with pytest.raises(WorkflowError, match="there is no run"):
        job_of_run(ran, "bad", "99")


def test_jobs_of_the_project_and_of_the_last_run_are_known(ran: Settings) -> None:
    names = known_jobs(RunArguments(), ran)
    assert names[:3] == ["good", "bad", "after"]
    assert "bad (1)" in names
    assert len(names) == len(set(names))


def test_a_story_is_data_too(ran: Settings) -> None:
    import msgspec

    told = job_of_last_run(ran, "tidy")
    assert json.loads(msgspec.json.encode(told))["jobs"][0]["conclusion"] == "success"
