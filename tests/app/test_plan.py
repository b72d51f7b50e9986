"""From options to a plan, and from a plan to what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app.arguments import RunArguments
from agentmesh.app.config import Config
from agentmesh.app.plan import (
    Prepared,
    options,
    prepare,
)
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError

Plan = Callable[..., Prepared]

STEPS = "runs-on: ubuntu-latest\n            steps: [{run: 'true'}]"


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


def test_what_is_wrong_with_the_request_is_refused(planned: Plan) -> None:
    with pytest.raises(WorkflowError, match="there is no job 'z'"):
        planned({"ci.yml": SIMPLE}, jobs=("z",))
    with pytest.raises(WorkflowError, match="there is no event 'puhs'"):
        planned({"ci.yml": SIMPLE}, event="puhs")
