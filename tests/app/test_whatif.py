"""Two plans compared."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.app.outline import Outline, outline
from agentmesh.app.plan import Prepared
from agentmesh.app.whatif import Difference, compare, document

Plan = Callable[..., Prepared]

TEXT = """
on:
  push: {branches: [main]}
  pull_request:
jobs:
  always: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  cells:
    strategy: {matrix: {v: "${{ fromJSON(github.event_name == 'push' && '[1,2]' || '[2,3]') }}"}}
    runs-on: ubuntu-latest
    environment: ${{ github.event_name }}
    steps: [{run: 'true'}]
  ship: {if: github.ref == 'refs/heads/main', runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  check: {if: github.event_name != 'push', runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
NIGHTLY = """
on: release
jobs:
  night:
    strategy: {matrix: {v: [1, 2]}}
    uses: ./.github/workflows/called.yml
"""
CALLED = """
on: workflow_call
jobs:
  deep: {strategy: {matrix: {w: [a, b]}}, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""
FILES = {"ci.yml": TEXT, "nightly.yml": NIGHTLY, "called.yml": CALLED}


def plans(planned: Plan, before: str, after: str) -> tuple[Prepared, Prepared]:
    return planned(FILES, event=before), planned(FILES, event=after)


def difference(planned: Plan, before: str, after: str) -> Difference:
    present, asked = plans(planned, before, after)
    return compare(outline(present.plan), outline(asked.plan))


def test_the_same_plan_has_no_difference(planned: Plan) -> None:
    found = difference(planned, "push", "push")
    assert found.changed == ()
    assert found.same == 4


def test_a_condition_that_turns_out_otherwise_is_the_reason(planned: Plan) -> None:
    found = difference(planned, "push", "pull_request")
    (check,) = (item for item in found.of("appears") if item.row.id == "check")
    assert check.why == "github.event_name != 'push' is true (github.event_name is 'pull_request')"
    assert check.was == (
        "skipped: github.event_name != 'push' is false (github.event_name is 'push')"
    )
    (ship,) = (item for item in found.of("disappears") if item.row.id == "ship")
    assert "is false" in ship.why
    assert ship.was == "github.ref == 'refs/heads/main' is true (github.ref is 'refs/heads/main')"
    assert found.same == 1


def test_cells_are_compared_by_their_names_not_their_places(planned: Plan) -> None:
    found = difference(planned, "push", "pull_request")
    assert [item.row.name for item in found.of("appears")] == ["cells (3)", "check"]
    assert [item.row.name for item in found.of("disappears")] == ["ship", "cells (1)"]
    (cell,) = found.of("changes")
    assert cell.row.name == "cells (2)"
    assert [(f.field, f.before, f.after) for f in cell.fields] == [
        ("environment", "push", "pull_request")
    ]
    gone = found.of("disappears")[1]
    assert gone.why == "not in the plan"


def test_jobs_of_a_workflow_that_begins_to_run_appear_for_its_trigger(planned: Plan) -> None:
    found = difference(planned, "push", "release")
    appear = found.of("appears")
    assert [item.row.name for item in appear] == [
        "night (1) / deep (a)",
        "night (1) / deep (b)",
        "night (2) / deep (a)",
        "night (2) / deep (b)",
    ]
    assert {item.was for item in appear} == {"skipped: not triggered by push: on has release"}
    assert {item.why for item in appear} == {"on release"}


def test_jobs_of_a_workflow_that_stops_to_run_disappear_for_it(planned: Plan) -> None:
    found = difference(planned, "release", "push")
    gone = found.of("disappears")
    assert len(gone) == 4
    assert {item.why for item in gone} == {"not triggered by push: on has release"}
    assert {item.place for item in gone} == {"nightly:night"}
    assert found.by_key["nightly:night"] == "disappears"
    assert found.by_key["ci:always"] == "appears"


def test_a_job_that_would_fail_at_once_is_a_change(planned: Plan) -> None:
    text = "on: [push, pull_request]\njobs:\n  a:\n    runs-on: %s\n    steps: [{run: x}]\n"
    label = "${{ github.event_name == 'push' && 'ubuntu-latest' || 'windows-latest' }}"
    files = {"ci.yml": text % label}
    found = compare(
        outline(planned(files, event="push").plan),
        outline(planned(files, event="pull_request").plan),
    )
    (change,) = found.changed
    assert change.change == "changes"
    assert ("state", "runs", "fails") in [(f.field, f.before, f.after) for f in change.fields]


def test_the_document_has_both_occasions_and_all_jobs(planned: Plan) -> None:
    present, asked = plans(planned, "push", "pull_request")
    found = document(present, asked, compare(outline(present.plan), outline(asked.plan)))
    assert found["from"]["event"] == "push"
    assert found["to"]["action"] == "opened"
    assert [job["name"] for job in found["appear"]] == ["cells (3)", "check"]
    assert found["change"][0]["changes"] == [
        {"field": "environment", "from": "push", "to": "pull_request"}
    ]
    assert found["same"] == 1
    assert compare(Outline(rows=()), Outline(rows=())).same == 0
