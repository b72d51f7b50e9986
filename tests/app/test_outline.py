"""What a plan shows before it runs."""

from __future__ import annotations

from collections.abc import Callable

from agentmesh.app.outline import Outline, Row, document, is_cell, linked, node_of, outline
from agentmesh.app.plan import Prepared
from agentmesh.plan.estimate import Estimate, JobEstimate, SizeEstimate

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


def test_a_cell_is_told_from_its_job_by_its_key() -> None:
    assert [node_of(key) for key in ("a", "a#1", "ci:a#1/b", "a#1/b#2")] == [
        "a",
        "a",
        "ci:a#1/b",
        "a#1/b",
    ]
    assert is_cell(Row(key="a#1/b#2", id="b", name="b", runs=True, why=""))
    assert not is_cell(Row(key="a#1/b", id="b", name="b", runs=True, why=""))


def test_jobs_wait_for_those_that_a_call_makes_and_those_for_what_the_call_needs(
    planned: Plan,
) -> None:
    text = """
    on: push
    jobs:
      first: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
      deploy:
        needs: First
        strategy: {matrix: {e: [x, y]}}
        uses: ./.github/workflows/called.yml
      last: {needs: [deploy, first], runs-on: ubuntu-latest, steps: [{run: 'true'}]}
    """
    plan = planned({"ci.yml": text, "called.yml": CALLED}, workflows=("ci",)).plan
    after = {row.key: row.after for row in outline(plan).rows}
    assert after["deploy#0/one"] == ("first",)
    assert after["deploy#0/two"] == ("deploy#0/one",)
    assert after["last"] == ("deploy#0/two", "deploy#1/two", "first")


def test_calls_within_calls_are_seen_through() -> None:
    def row(key: str, state: str = "runs", needs: tuple[str, ...] = (), calls: str = "") -> Row:
        name = key.rpartition("/")[2]
        return Row(
            key=key,
            id=name,
            name=key,
            runs=True,
            why="",
            state=state,  # type: ignore[arg-type]
            needs=needs,
            calls=tuple(calls.split()),
            workflow="ci.yml",
        )

    rows = linked(
        [
            row("a"),
            row("c", "calls", ("a",)),
            row("c/d", "calls", (), "c"),
            row("c/d/e", "runs", (), "c c/d"),
            row("c/f", "calls", ("d",), "c"),
            row("z", "runs", ("c", "gone")),
        ]
    )
    assert {r.key: r.after for r in rows if r.state == "runs"} == {
        "a": (),
        "c/d/e": ("a",),
        "z": ("c/f",),
    }


def test_rows_know_the_clause_that_their_workflow_runs_for(planned: Plan) -> None:
    text = SIMPLE.replace("[push, workflow_dispatch]", "{push: {branches: [main]}}")
    found = rows(outline(planned({"ci.yml": text}).plan))
    assert found["a"].trigger == "on.push.branches has 'main' for 'main'"
    found = rows(outline(planned({"ci.yml": text}, event="release", jobs=("a",)).plan))
    assert (found["a"].runs, found["a"].trigger) == (True, "asked for with --job")
    found = rows(outline(planned({"ci.yml": text}, event="release").plan))
    assert (found["a"].runs, found["a"].trigger) == (False, "")


def test_rows_know_what_is_evaluated_about_their_jobs(planned: Plan) -> None:
    text = """
    on: push
    jobs:
      a:
        strategy: {max-parallel: 2, matrix: {v: [1, 2, 3]}}
        environment: {name: 'e-${{ matrix.v }}'}
        concurrency: g-${{ matrix.v }}
        runs-on: ubuntu-latest
        steps: [{run: 'true'}]
    """
    first = outline(planned({"ci.yml": text}).plan).rows[0]
    assert (first.slots, first.environment, first.concurrency) == (2, "e-1", "g-1")


def test_the_document_has_what_is_expected(planned: Plan) -> None:
    prepared = planned({"ci.yml": SIMPLE})
    job = JobEstimate(seconds=61.0, start=0.0, minutes=2, cost=0.1 + 0.2, critical=True)
    size = SizeEstimate(label="l", jobs=1, minutes=2, per_minute=0.006, cost=0.012)
    expected = Estimate(
        jobs={"a": job}, seconds=61.0, path=("a",), minutes=2, cost=0.3, sizes=(size,)
    )
    found = document(prepared, outline(prepared.plan), expected)
    entry = found["jobs"][0]
    assert (entry["seconds"], entry["cost"], entry["critical"]) == (61.0, 0.3, True)
    assert found["expected"]["critical_path"] == ["a"]
    assert found["expected"]["sizes"][0]["price_per_minute"] == 0.006
    nothing = document(prepared, outline(prepared.plan))
    assert nothing["expected"]["seconds"] is None
    assert nothing["jobs"][0]["seconds"] is None
