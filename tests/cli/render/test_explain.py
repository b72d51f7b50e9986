"""What ``agentmesh explain`` shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.app.explain import Ended, Explained, JobStory, Story, Waited, expression
from agentmesh.app.outline import Outline, Row
from agentmesh.cli.render import explain as render
from agentmesh.lang.expr.values import Value
from agentmesh.ports.history import RunRecord

CONTEXTS: dict[str, Value] = {
    "github": {"ref": "main", "token": "tok"},
    "secrets": {"S": 'hun"ter2', "EMPTY": ""},
}


def shown(source: str) -> list[str]:
    return render.expression(expression(source, CONTEXTS, "/"), color=False).splitlines()


def test_an_expression_is_a_tree_with_values() -> None:
    assert shown("github.ref == 'x' || (github.ref && 5)") == [
        "github.ref == 'x' || github.ref && 5  → 5",
        "├─ github.ref == 'x'  → false",
        "│  └─ github.ref  → 'main'",
        "└─ github.ref && 5  → 5",
        "   ├─ github.ref  → 'main'",
        "   └─ 5  → 5",
    ]


def test_what_was_not_evaluated_says_so() -> None:
    assert shown("false && github.ref")[2] == (
        "└─ github.ref  (not evaluated: what stands before && is false already)"
    )


def test_errors_stand_where_they_happened() -> None:
    lines = shown("!fromJSON('{')")
    assert lines[0] == "!fromJSON('{')  error"
    assert lines[1].startswith("└─ fromJSON('{')  error: Error parsing JSON")
    assert shown("nope")[1].startswith("  Unrecognized named-value: 'nope'.")


@pytest.mark.parametrize(
    "source",
    [
        "secrets.S",
        "format('{0}!', secrets.S)",
        "toJSON(secrets)",
        "toJSON(github)",
        "secrets.S == 'hun\"ter2'",
        "secrets",
        "fromJSON(toJSON(secrets))",
        "secrets.*",
    ],
)
def test_no_secret_is_shown_in_any_form(source: str) -> None:
    explained = expression(source, CONTEXTS, "/")
    said = render.expression(explained, color=False) + str(render.expression_document(explained))
    assert "ter2" not in said
    assert "tok'" not in said
    assert '"tok"' not in said


PIECES = (
    *("github", ".ref", ".*", "[0]", "(", ")", "!", "&&", "||", "==", "<", "'x'", "1", ","),
    *("secrets", ".S", "null", "toJSON(", "fromJSON(", "case(", "contains("),
)


@given(
    st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
)
def test_whatever_is_asked_has_an_answer(source: str) -> None:
    explained = expression(source, CONTEXTS, "/nowhere")
    assert render.expression(explained, color=True)
    assert render.expression_document(explained)["type"] == "expression"


def test_a_document_has_every_step() -> None:
    found = render.expression_document(expression("true || github.ref", CONTEXTS, "/"))
    assert found == {
        "type": "expression",
        "expression": "true || github.ref",
        "text": "true || github.ref",
        "state": "value",
        "kind": "Boolean",
        "value": True,
        "parts": [
            {"text": "true", "state": "value", "kind": "Boolean", "value": True, "parts": []},
            {
                "text": "github.ref",
                "state": "unreached",
                "note": "not evaluated: what stands before || is true already",
                "parts": [],
            },
        ],
    }
    broken = render.expression_document(expression("'a", CONTEXTS, "/"))
    assert broken["error"] == "lexing"
    assert render.expression_document(Explained(source="x"))["message"] == ""


def told(*jobs: JobStory, status: str = "failure") -> Story:
    run = RunRecord(
        run="000001-abcd",
        number=1,
        status=status,  # type: ignore[arg-type]
        started=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        event="push",
        ref="refs/heads/main",
        sha="1234567890",
    )
    return Story(run=run, jobs=jobs)


def lines_of(*jobs: JobStory, status: str = "failure") -> list[str]:
    return render.story(told(*jobs, status=status), color=False).splitlines()


BAD = JobStory(
    key="bad#0",
    id="bad",
    name="bad (1)",
    conclusion="failure",
    why="no condition",
    needs=(Waited(name="good", conclusion="success"), Waited(name="odd", conclusion="")),
    matrix={"v": 1},
    labels=("ubuntu-latest",),
    runner="here",
    waited=2.0,
    queued=1.0,
    seconds=72.0,
    steps=(
        Ended(
            number=2,
            name="Hard",
            conclusion="failure",
            exit_code=7,
            error="Process completed with exit code 7.",
            last_lines=("one", "two\x1b[31m"),
            more_lines=5,
        ),
    ),
)


def test_a_job_that_failed_is_told_in_full() -> None:
    assert lines_of(BAD) == [
        "run 000001-abcd: push refs/heads/main 1234567, 2026-01-02 03:04 UTC",
        "",
        "✗ bad (1) failed",
        "  ran because     no condition",
        "  needs           ✓ good succeeded, • odd did not end",
        "  time            2.0 s until its needs had ended, 1.0 s in the queue, 1 min 12 s running",
        "  runs-on         ubuntu-latest on here",
        "  matrix          v: 1",
        "  step 2 Hard failed, exit code 7",
        "    Process completed with exit code 7.",
        "    │ … 5 lines before",
        "    │ one",
        "    │ two",
        "  all of it: agentmesh logs 000001-abcd 'bad#0'",
    ]


def cell(name: str, conclusion: str, **fields: object) -> JobStory:
    return JobStory(key=name, id="t", name=name, conclusion=conclusion, **fields)  # type: ignore[arg-type]


def test_the_worst_cell_comes_first_and_good_ones_are_named() -> None:
    lines = lines_of(
        cell("a", "success"),
        cell("b", "cancelled", ended_why="fail-fast"),
        cell("c", "failure", allowed_to_fail=True),
        cell("d", "success"),
    )
    assert lines[2] == "✗ c failed, which it was allowed to"
    assert lines[4:6] == ["⊘ b cancelled", "  cancelled because fail-fast"]
    assert lines[-1] == "succeeded as well: a, d"
    assert lines_of(cell("a", "success"), cell("b", "success"))[2:] == [
        "✓ a succeeded",
        "",
        "succeeded as well: b",
    ]


def test_a_job_that_never_ended_runs_or_was_interrupted() -> None:
    assert lines_of(cell("a", ""), status="running")[2] == "• a running"
    assert lines_of(cell("a", ""), status="interrupted")[2] == "• a interrupted"


def test_steps_that_were_cancelled_or_allowed_to_fail_say_so() -> None:
    steps = (
        Ended(number=1, name="x", conclusion="failure, allowed to", exit_code=1),
        Ended(number=2, name="y", conclusion="cancelled", exit_code=-2),
    )
    lines = lines_of(cell("a", "cancelled", steps=steps))
    assert lines[3:5] == [
        "  step 1 x failed, exit code 1, which it was allowed to",
        "  step 2 y was cancelled",
    ]


def test_a_job_of_the_plan_says_what_would_become_of_it() -> None:
    rows = (
        Row(key="a", id="a", name="a", runs=True, why="no condition", trigger="on push"),
        Row(key="b", id="b", name="b", runs=False, why="is false", needs=("a",), state="skipped"),
        Row(key="c", id="c", name="c", runs=False, why="no machine", state="fails", remedy="mend"),
    )
    text = render.planned(rows, Outline(rows=rows), "push main", color=False)
    assert text.splitlines() == [
        "no run has had it yet; in a plan for push main:",
        "",
        "✓ a would run",
        "  because         no condition",
        "  workflow        : on push",
        "",
        "○ b would be skipped",
        "  because         is false",
        "  needs           a would run",
        "",
        "✗ c would fail",
        "  because         no machine",
        "  remedy          mend",
    ]
