"""What a plan shows before it runs."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.app.outline import Outline, Row, document, outline
from agentmesh.app.plan import Prepared

Plan = Callable[..., Prepared]

STEPS = "runs-on: ubuntu-latest\n            steps: [{run: 'true'}]"


def rows(outlined: Outline) -> dict[str, Row]:
    return {row.name: row for row in outlined.rows}


SIMPLE = """
on: [push, workflow_dispatch]
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  b: {needs: a, if: github.ref == 'x', runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


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
      behind: {needs: [matrix, condition], runs-on: ubuntu-latest, steps: [{run: x}]}
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
    assert found["behind"].why == "needs matrix, condition: all succeeded"
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


def test_fields_made_of_outputs_are_not_known_yet(planned: Plan) -> None:
    text = """
    on: push
    jobs:
      a: {runs-on: ubuntu-latest, outputs: {o: x}, steps: [{run: 'true'}]}
      runner: {needs: a, runs-on: '${{ needs.a.outputs.r }}', steps: [{run: 'true'}]}
      never:
        needs: a
        if: github.ref == 'x'
        strategy: {matrix: {v: '${{ fromJSON(needs.a.outputs.v) }}'}}
        runs-on: ubuntu-latest
        steps: [{run: 'true'}]
    """
    found = rows(outline(planned({"ci.yml": text}).plan))
    assert found["runner"].why == "depends on needs.a.outputs.r, known when the run is there"
    assert found["never"].state == "skipped"
