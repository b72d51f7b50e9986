"""From options to a plan, and from a plan to what is shown of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.app.arguments import RunArguments
from agentmesh.app.config import Config
from agentmesh.app.plan import (
    Outline,
    Prepared,
    Row,
    document,
    options,
    outline,
    prepare,
    secret_names,
)
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError

Plan = Callable[..., Prepared]

STEPS = "runs-on: ubuntu-latest\n            steps: [{run: 'true'}]"


@pytest.fixture
def planned(tmp_path: Path) -> Plan:
    """``planned({file: text}, **arguments)``: prepare a run in a folder without git."""

    def run(
        files: dict[str, str], *, environ: dict[str, str] | None = None, **given: Any
    ) -> Prepared:
        place = tmp_path / "project" / ".github" / "workflows"
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(textwrap.dedent(text))
        settings = Settings(
            store=str(tmp_path / "store"),
            directory=str(tmp_path / "project"),
            environ=environ or {"USER": "ada"},
        )
        arguments = RunArguments(**given)
        return prepare(arguments, settings, secret_names(arguments, settings))

    return run


def rows(outlined: Outline) -> dict[str, Row]:
    return {row.name: row for row in outlined.rows}


SIMPLE = """
on: [push, workflow_dispatch]
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  b: {needs: a, if: github.ref == 'x', runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


def test_a_plan_is_made_of_the_files_of_a_folder(planned: Plan, tmp_path: Path) -> None:
    plan = planned({"ci.yml": SIMPLE}).plan
    assert [node.key for node in plan.nodes] == ["a", "b"]
    request = plan.request
    assert request.source.directory == str(tmp_path / "project")
    assert request.workflows[0].path == ".github/workflows/ci.yml"
    assert plan.nodes[0].call.github["workflow"] == ".github/workflows/ci.yml"


def test_options_reach_the_request(planned: Plan) -> None:
    request = planned(
        {"ci.yml": SIMPLE},
        event="workflow_dispatch",
        inputs={"x": "1"},
        vars={"V": "2"},
        env={"E": "3"},
        secrets={"S": "4"},
        jobs=("a",),
        matrix={"k": ("v",)},
        platforms={"GPU": "host"},
        committed=True,
        skip_unavailable=True,
        builtin_actions=False,
    ).plan.request
    assert request.github["event_name"] == "workflow_dispatch"
    assert request.github["event"]["inputs"] == {"x": "1"}
    assert (request.vars, request.secrets) == ({"V": "2"}, ("S",))
    assert (request.jobs, request.cells) == (("a",), {"k": ("v",)})
    assert request.source.committed
    assert request.options.env == {"E": "3"}
    assert request.options.platforms == {"gpu": "host"}
    assert request.options.skip_unavailable
    assert not request.options.builtin_actions
    assert request.options.os == "linux"


def test_the_command_line_wins_over_the_configuration() -> None:
    config = Config(platforms={"a": "host", "b": "host"}, action_sources={"o/r": "/x"})
    settings = Settings(store="/s", directory="/d", config=config)
    found = options(RunArguments(platforms={"B": "docker://i"}), settings)
    assert found.platforms == {"a": "host", "b": "docker://i"}
    assert found.action_sources == {"o/r": "/x"}


def test_numbers_of_the_run_reach_the_context(tmp_path: Path) -> None:
    path = tmp_path / "ci.yml"
    path.write_text(SIMPLE)
    settings = Settings(store="/s", directory=str(tmp_path))
    arguments = RunArguments(workflows=("ci.yml",))
    github = prepare(arguments, settings, run="000012-abc", number=12).plan.request.github
    assert (github["run_id"], github["run_number"]) == ("12", "12")


def test_what_changed_is_asked_for_only_where_paths_are_filtered(planned: Plan) -> None:
    assert planned({"ci.yml": SIMPLE}).plan.request.changed_files is None
    prepared = planned(
        {"ci.yml": "on: {push: {paths: [x]}}\n" + SIMPLE.partition("\n")[2].partition("\n")[2]}
    )
    assert "what changed is not known" not in str(prepared.notices)
    assert [node.key for node in prepared.plan.nodes] == ["a", "b"]


def test_nothing_to_run_is_said_with_every_reason(planned: Plan) -> None:
    prepared = planned({"ci.yml": SIMPLE}, event="release")
    warning = prepared.notices[-1]
    assert warning.level == "warning"
    assert warning.message == (
        "nothing to run: not triggered by release: on has push, workflow_dispatch"
    )


def test_rows_tell_what_runs_and_why(planned: Plan) -> None:
    found = rows(outline(planned({"ci.yml": SIMPLE}).plan))
    assert (found["a"].runs, found["a"].state, found["a"].why) == (True, "runs", "no condition")
    assert (found["b"].runs, found["b"].state, found["b"].needs) == (False, "skipped", ("a",))
    assert "github.ref" in found["b"].why


def test_jobs_behind_a_skipped_one_are_skipped(planned: Plan) -> None:
    text = SIMPLE + "  c: {needs: b, runs-on: ubuntu-latest, steps: [{run: 'true'}]}\n"
    assert rows(outline(planned({"ci.yml": text}).plan))["c"].why == (
        "needs a success, but b was skipped"
    )


def test_what_only_a_run_can_tell_is_said_to_be_so(planned: Plan) -> None:
    text = """
    on: push
    jobs:
      a: {runs-on: ubuntu-latest, outputs: {o: x}, steps: [{run: 'true'}]}
      matrix:
        needs: a
        strategy: {matrix: {v: '${{ fromJSON(needs.a.outputs.v) }}'}}
        runs-on: ubuntu-latest
        steps: [{run: 'true'}]
      condition: {needs: a, if: needs.a.outputs.o == 'y', runs-on: ubuntu-latest, steps: [{run: x}]}
      decided:
        needs: a
        if: github.ref == 'x' && needs.a.outputs.o == 'y'
        runs-on: ubuntu-latest
        steps: [{run: 'true'}]
    """
    found = rows(outline(planned({"ci.yml": text}).plan))
    assert found["matrix"].why == "depends on needs.a.outputs.v, known when the run is there"
    assert found["condition"].why == "depends on needs.a.outputs.o, known when the run is there"
    assert (found["matrix"].runs, found["condition"].runs) == (True, True)
    assert found["decided"].state == "skipped"


def test_a_leg_that_has_no_machine_fails_in_the_plan(planned: Plan) -> None:
    text = """
    on: push
    jobs:
      a:
        strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}
        runs-on: ${{ matrix.os }}
        steps: [{run: 'true'}]
      b: {needs: a, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
    """
    found = rows(outline(planned({"ci.yml": text}).plan))
    assert found["a (ubuntu-latest)"].labels == ("ubuntu-latest",)
    leg = found["a (windows-latest)"]
    assert (leg.runs, leg.state) == (False, "fails")
    assert "no such machine here" in leg.why
    assert found["b"].why == "needs a success, but a failed"
    found = rows(outline(planned({"ci.yml": text}, skip_unavailable=True).plan))
    assert found["a (windows-latest)"].state == "skipped"
    assert found["b"].runs


CALLER = """
on: push
jobs:
  deploy:
    strategy: {matrix: {e: [x, y]}}
    uses: ./.github/workflows/called.yml
"""
CALLED = """
on: workflow_call
jobs:
  one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  two: {needs: one, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


def test_a_call_shows_the_jobs_it_makes(planned: Plan) -> None:
    outlined = outline(planned({"ci.yml": CALLER, "called.yml": CALLED}, workflows=("ci",)).plan)
    assert [(row.name, row.state) for row in outlined.rows] == [
        ("deploy (x)", "calls"),
        ("deploy (x) / one", "runs"),
        ("deploy (x) / two", "runs"),
        ("deploy (y)", "calls"),
        ("deploy (y) / one", "runs"),
        ("deploy (y) / two", "runs"),
    ]
    assert outlined.rows[2].calls == ("deploy#0",)
    assert outlined.rows[2].needs == ("one",)


def test_the_document_is_that_of_the_contract(planned: Plan) -> None:
    prepared = planned({"ci.yml": CALLER, "called.yml": CALLED, "simple.yml": SIMPLE})
    found = document(prepared, outline(prepared.plan))
    entries = {entry["name"]: entry for entry in found["jobs"]}
    assert set(entries) == {
        "deploy (x) / one",
        "deploy (x) / two",
        "deploy (y) / one",
        "deploy (y) / two",
        "a",
        "b",
        "one",
        "two",
    }
    assert {"id", "name", "runs", "why", "needs", "matrix"} <= set(entries["a"])
    assert entries["deploy (x) / two"]["id"] == "two"
    assert entries["deploy (x) / two"]["needs"] == ["one"]
    assert entries["two"]["runs"] is False
    assert found["event"] == "push"


def test_a_large_matrix_is_shown_with_a_warning(planned: Plan) -> None:
    values = list(range(300))
    text = f"""
    on: push
    jobs:
      a:
        strategy: {{matrix: {{v: '${{{{ fromJSON(vars.V) }}}}'}}}}
        {STEPS.replace("            ", "        ")}
    """
    outlined = outline(planned({"ci.yml": text}, vars={"V": str(values)}).plan)
    assert len(outlined.rows) == 300
    assert "GitHub refuses more than 256" in outlined.problems[0].message


def test_what_is_wrong_with_the_request_is_refused(planned: Plan) -> None:
    with pytest.raises(WorkflowError, match="there is no job 'z'"):
        planned({"ci.yml": SIMPLE}, jobs=("z",))
    with pytest.raises(WorkflowError, match="there is no event 'puhs'"):
        planned({"ci.yml": SIMPLE}, event="puhs")
