"""Which jobs make a run: triggers, selection, order, keys, inputs, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.plan.build import build, job_keys
from agentmesh.plan.model import Plan, Request

Make = Callable[..., Request]

DIAMOND = """
on: push
jobs:
  d: {needs: [b, c], runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  b: {needs: a, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  c: {needs: A, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  e: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
ONE = "jobs: {x: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"


def keys(plan: Plan) -> list[str]:
    return [node.key for node in plan.nodes]


def test_nodes_follow_what_they_need_and_keep_the_order_of_the_file(make_request: Make) -> None:
    plan = build(make_request(DIAMOND))
    assert keys(plan) == ["a", "b", "c", "d", "e"]
    assert {node.key: node.needs for node in plan.nodes}["d"] == ("b", "c")
    assert {node.key: node.needs for node in plan.nodes}["c"] == ("a",)


def test_a_named_job_brings_all_that_it_needs(make_request: Make) -> None:
    plan = build(make_request(DIAMOND, jobs=("B",)))
    assert keys(plan) == ["a", "b"]
    assert {s.id for s in plan.left_out} == {"c", "d", "e"}
    assert {s.kind for s in plan.left_out} == {"unselected"}
    assert plan.skipped == ()


def test_a_job_that_does_not_exist_is_refused_with_those_that_do(make_request: Make) -> None:
    with pytest.raises(WorkflowError, match="there is no job 'bb'") as raised:
        build(make_request(ONE.replace("x", "build"), jobs=("bb",)))
    assert "The jobs are build" in raised.value.remedy
    assert raised.value.exit_code == 2


def test_a_close_name_is_suggested(make_request: Make) -> None:
    with pytest.raises(WorkflowError) as raised:
        build(make_request(ONE.replace("x", "build"), jobs=("biuld",)))
    assert raised.value.remedy.startswith("did you mean build?")


def test_a_workflow_whose_filter_says_no_is_skipped_with_the_reason(make_request: Make) -> None:
    plan = build(make_request("on: {push: {branches: [dev]}}\n" + ONE))
    (skipped,) = plan.skipped
    assert (skipped.id, skipped.kind) == ("x", "filter")
    assert skipped.why == "on.push.branches has nothing for 'main'"
    assert plan.nodes == ()


def test_a_workflow_that_does_not_listen_is_left_out(make_request: Make) -> None:
    plan = build(make_request("on: release\n" + ONE))
    assert [s.kind for s in plan.left_out] == ["untriggered"]
    assert (plan.nodes, plan.skipped) == ((), ())


def test_a_named_job_runs_though_no_workflow_that_has_it_was_triggered(make_request: Make) -> None:
    assert keys(build(make_request("on: release\n" + ONE, jobs=("x",)))) == ["x"]


def test_a_named_job_is_taken_from_the_workflows_that_run_first(make_request: Make) -> None:
    plan = build(make_request(ONE, "on: release\n" + ONE, jobs=("x",)))
    assert keys(plan) == ["ci:x"]


def test_keys_are_unique_over_several_files(make_request: Make) -> None:
    request = make_request(ONE, ONE)
    assert keys(build(request)) == ["ci:x", "ci1:x"]
    assert [key for key, _, _ in job_keys(request.workflows)] == ["ci:x", "ci1:x"]


def test_files_of_one_name_get_keys_of_their_own(make_request: Make) -> None:
    import msgspec

    request = make_request(ONE, ONE)
    other = msgspec.structs.replace(request.workflows[1], path="other/ci.yml")
    request = msgspec.structs.replace(request, workflows=(request.workflows[0], other))
    assert keys(build(request)) == ["ci:x", "ci~2:x"]


def test_changed_files_decide_about_paths(make_request: Make) -> None:
    text = "on: {push: {paths: ['src/**']}}\n" + ONE
    assert keys(build(make_request(text, changed_files=("src/a",)))) == ["x"]
    assert keys(build(make_request(text, changed_files=("doc/a",)))) == []
    assert keys(build(make_request(text, changed_files=None))) == ["x"]


def run_name(make_request: Make, text: str, **fields: Any) -> str:
    return build(make_request(text, **fields)).run_names["ci.yml"]


def test_a_run_has_a_name(make_request: Make) -> None:
    named = "name: CI\nrun-name: 'By ${{ github.actor }} ${{ vars.V }}'\non: push\n" + ONE
    assert run_name(make_request, named, vars={"V": "!"}) == "By ada !"


def test_a_run_without_a_name_is_called_after_what_it_is_about(make_request: Make) -> None:
    text = "name: CI\non: [push, pull_request]\n" + ONE
    commit = {"head_commit": {"message": "Mend it\n\nbody"}}
    pull = {"pull_request": {"title": "Mend more"}}
    assert run_name(make_request, text, github={"event": commit}) == "Mend it"
    github = {"event_name": "pull_request", "event": pull}
    assert run_name(make_request, text, github=github) == "Mend more"
    assert run_name(make_request, text) == "CI"
    assert run_name(make_request, ONE) == "ci.yml"


def test_a_workflows_concurrency_is_evaluated(make_request: Make) -> None:
    text = (
        "on: push\nconcurrency: {group: 'g-${{ github.ref }}', "
        "cancel-in-progress: \"${{ github.ref != 'x' }}\"}\n" + ONE
    )
    group = build(make_request(text)).concurrency["ci.yml"]
    assert group.group.source == "g-refs/heads/main"
    assert group.cancel_in_progress is True


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'run-name: "${{ fromJSON(vars.X) }}"',
            "ci.yml:2:11: error: Error when evaluating 'run-name'.",
        ),
        ("concurrency: ${{ vars.NONE }}", "Concurrency group name cannot be empty"),
        (
            "concurrency: {group: g, cancel-in-progress: '${{ vars.X }}'}",
            "ci.yml:2:45: error: Error when evaluating 'concurrency'. Unexpected value 'x'",
        ),
    ],
)
def test_what_cannot_be_evaluated_for_the_whole_run_is_refused(
    refused: Callable[..., list[str]], line: str, message: str
) -> None:
    (problem,) = refused(f"on: push\n{line}\n{ONE}", vars={"X": "x"})
    assert message in problem


DISPATCH = """
on:
  workflow_dispatch:
    inputs:
      who: {required: true}
      loud: {type: boolean}
      times: {type: number, default: 2}
      kind: {type: choice, options: [a, b], default: a}
"""


def dispatched(make_request: Make, line: dict[str, str], **event: Any) -> dict[str, Any]:
    github = {"event_name": "workflow_dispatch", "event": event}
    plan = build(make_request(DISPATCH + ONE, github=github, inputs=line))
    return plan.nodes[0].call.inputs


def test_a_run_by_hand_has_typed_inputs(make_request: Make) -> None:
    assert dispatched(make_request, {"who": "me", "loud": "true"}) == {
        "who": "me",
        "loud": True,
        "times": 2,
        "kind": "a",
    }


def test_the_payload_shows_inputs_with_their_defaults_as_texts(make_request: Make) -> None:
    github = {"event_name": "workflow_dispatch", "event": {"inputs": {"who": "me"}, "ref": "x"}}
    plan = build(make_request(DISPATCH + ONE, github=github, inputs={"undeclared": "u"}))
    assert plan.nodes[0].call.github["event"] == {
        "ref": "x",
        "inputs": {"loud": "false", "times": "2", "kind": "a", "who": "me", "undeclared": "u"},
    }
    assert "undeclared" not in plan.nodes[0].call.inputs


def test_the_command_line_wins_over_the_payload(make_request: Make) -> None:
    inputs = dispatched(make_request, {"who": "line"}, inputs={"who": "payload", "kind": "b"})
    assert (inputs["who"], inputs["kind"]) == ("line", "b")


def test_inputs_that_do_not_fit_are_refused_all_at_once(
    refused: Callable[..., list[str]],
) -> None:
    github = {"event_name": "workflow_dispatch"}
    problems = refused(DISPATCH + ONE, github=github, inputs={"kind": "c", "times": "x"})
    assert [problem.partition(": error: ")[0] for problem in problems] == [
        "ci.yml:5:7",
        "ci.yml:7:7",
        "ci.yml:8:7",
    ]
    assert "Required input 'who' not provided" in problems[0]


def test_a_reusable_workflow_may_be_run_directly(make_request: Make) -> None:
    text = "on: {workflow_call: {inputs: {n: {type: number, required: true}, s: {type: string}}}}\n"
    github = {"event_name": "workflow_call", "event": {"inputs": {"n": 3}}}
    plan = build(make_request(text + ONE, github=github, inputs={"s": "x"}))
    assert plan.nodes[0].call.inputs == {"n": 3, "s": "x"}


def test_each_workflow_has_its_own_name_in_the_github_context(make_request: Make) -> None:
    plan = build(make_request("name: One\non: push\n" + ONE, "name: Two\non: push\n" + ONE))
    assert [node.call.github["workflow"] for node in plan.nodes] == ["One", "Two"]


def test_problems_of_several_files_are_reported_together(
    refused: Callable[..., list[str]],
) -> None:
    text = "on: workflow_dispatch\nrun-name: '${{ fromJSON(vars.X) }}'\n" + ONE
    problems = refused(text, text, github={"event_name": "workflow_dispatch"}, vars={"X": "x"})
    assert [problem.partition(":")[0] for problem in problems] == ["ci.yml", "ci1.yml"]
