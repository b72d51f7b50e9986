"""The tree of a plan."""

from __future__ import annotations

import msgspec
import pytest

from agentmesh.app.outline import Outline, Row
from agentmesh.app.plan import Prepared
from agentmesh.cli.render.plan import render
from agentmesh.core.problem import Problem, Span
from agentmesh.lang.model import Workflow
from agentmesh.plan.model import Plan, Request, Source

PREPARED = Prepared(
    plan=Plan(
        request=Request(
            run="1",
            workflows=(Workflow(path="ci.yml", name="CI"),),
            github={"event_name": "push", "ref": "refs/heads/main", "sha": "abcdef0123"},
            source=Source(directory="/x", repository="o/r"),
        ),
        nodes=(),
    )
)


def row(key: str, **fields: object) -> Row:
    name = fields.pop("name", key)
    given = {"runs": True, "why": "no condition", "workflow": "ci.yml", **fields}
    return msgspec.convert({"key": key, "id": key, "name": name, **given}, Row)


def drawn(*rows: Row, problems: tuple[Problem, ...] = (), color: bool = False) -> list[str]:
    return render(PREPARED, Outline(rows=rows, problems=problems), color=color).splitlines()


def test_calls_hold_their_jobs_below_them() -> None:
    lines = drawn(
        row("call#0", name="call (a)", state="calls"),
        row("call#0/x", name="call (a) / x", calls=("call#0",), workflow="./w.yml"),
        row("call#0/y#0", name="call (a) / y (1)", calls=("call#0",), workflow="./w.yml"),
        row("call#1", name="call (b)", state="calls"),
        row("call#1/x", name="call (b) / x", calls=("call#1",), workflow="./w.yml"),
        row("last", needs=["call"]),
    )
    assert lines[2:-2] == [
        "ci.yml CI",
        "├─ ✓ call#0  2 cells · no condition",
        "│  ├─ ✓ call (a)",
        "│  │  ├─ ✓ call (a) / x  no condition",
        "│  │  └─ ✓ call#0/y#0  1 cell · no condition",
        "│  │     └─ ✓ call (a) / y (1)",
        "│  └─ ✓ call (b)",
        "│     └─ ✓ call (b) / x  no condition",
        "└─ ✓ last  no condition",
    ]
    assert lines[-1] == "4 jobs would run"


def test_cells_with_reasons_of_their_own_show_them() -> None:
    lines = drawn(
        row("t#0", name="t (1)", why="one"),
        row("t#1", name="t (2)", runs=False, state="skipped", why="two"),
        row("t#2", name="t (3)", runs=False, state="fails", why="fails: three", remedy="mend it"),
    )
    assert lines[3:7] == [
        "└─ ✗ t#0  3 cells · one",
        "   ├─ ✓ t (1)",
        "   ├─ ○ t (2)  skipped: two",
        "   └─ ✗ t (3)  fails: three; mend it",
    ]
    assert lines[-1] == "1 job would run, 1 would fail at once, 1 skipped"


def test_problems_stand_at_the_end() -> None:
    problem = Problem(rule="r", span=Span("ci.yml", 1, 2), message="unwise", severity="warning")
    assert drawn(row("a"), problems=(problem,))[-1] == "ci.yml:1:2: warning: unwise [r]"


@pytest.mark.parametrize("color", [True, False])
def test_colours_are_used_only_when_wanted(color: bool) -> None:
    assert ("\x1b[" in "\n".join(drawn(row("a"), color=color))) is color
