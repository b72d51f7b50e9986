"""A plan as boxes and lines."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.app.graph import Box, Graph, graph
from agentmesh.app.outline import outline
from agentmesh.app.plan import Prepared
from agentmesh.plan.estimate import Estimate, JobEstimate

Plan = Callable[..., Prepared]

TEXT = """
name: CI
on: push
jobs:
  lint: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  test:
    needs: lint
    strategy: {matrix: {os: [ubuntu-latest, windows-latest]}}
    runs-on: ${{ matrix.os }}
    steps: [{run: 'true'}]
  never: {needs: lint, if: false, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  call: {needs: lint, uses: ./.github/workflows/called.yml}
  last: {needs: call, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
CALLED = """
on: workflow_call
jobs:
  one: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  two: {needs: one, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  alone: {strategy: {matrix: {v: [1]}}, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


def drawn(planned: Plan, estimate: Estimate | None = None) -> Graph:
    prepared = planned({"ci.yml": TEXT, "called.yml": CALLED})
    return graph(prepared, outline(prepared.plan), estimate or Estimate(), {"ci:test#1": "changes"})


def boxes(graph: Graph) -> dict[str, Box]:
    return {box.key: box for lane in graph.lanes for box in lane.boxes}


def test_a_job_is_a_box_with_its_cells(planned: Plan) -> None:
    found = boxes(drawn(planned))
    assert [line.row.name for line in found["ci:test"].lines] == [
        "test (ubuntu-latest)",
        "test (windows-latest)",
    ]
    assert found["ci:test"].title == "test"
    assert found["ci:test"].matrix
    assert not found["ci:lint"].matrix
    assert found["ci:call/alone"].title == "call / alone"


def test_the_worst_cell_decides_how_a_box_looks(planned: Plan) -> None:
    found = boxes(drawn(planned))
    assert found["ci:test"].state == "fails"
    assert found["ci:lint"].state == "runs"
    assert found["ci:never"].state == "skipped"


def test_lines_go_through_calls_to_the_jobs_that_they_make(planned: Plan) -> None:
    found = boxes(drawn(planned))
    assert "ci:call" not in found
    assert found["ci:call/one"].after == ("ci:lint",)
    assert found["ci:call/two"].after == ("ci:call/one",)
    assert found["ci:call/alone"].after == ("ci:lint",)
    assert found["ci:last"].after == ("ci:call/two", "ci:call/alone")


def test_workflows_have_a_lane_each_with_what_they_call_in_it(planned: Plan) -> None:
    lanes = drawn(planned).lanes
    assert [(lane.name, lane.trigger) for lane in lanes] == [("", ""), ("CI", "on push")]
    assert {box.key for box in lanes[0].boxes} == {"called:one", "called:two", "called:alone"}


def test_what_is_expected_and_what_changes_stands_with_each_cell(planned: Plan) -> None:
    job = JobEstimate(seconds=3.0, critical=True)
    estimate = Estimate(
        jobs={"ci:lint": job}, path=("ci:lint", "ci:test#0", "ci:test#1", "ci:last")
    )
    picture = drawn(planned, estimate)
    found = boxes(picture)
    assert found["ci:lint"].lines[0].job == job
    assert found["ci:lint"].critical
    assert [line.change for line in found["ci:test"].lines] == [None, "changes"]
    assert picture.critical_edges == {("ci:lint", "ci:test"), ("ci:test", "ci:last")}
    assert picture.title.startswith("push refs/heads/main ")
