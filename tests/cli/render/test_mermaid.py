"""A plan as a Mermaid flowchart."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.app.graph import Box, Graph, Lane, Line
from agentmesh.app.outline import Row
from agentmesh.cli.render.mermaid import render
from agentmesh.plan.estimate import Estimate, JobEstimate


def box(key: str, *after: str, **fields: object) -> Box:
    given = {"runs": True, "why": "", "state": "runs", **fields}
    row = msgspec.convert({"key": key, "id": key, "name": key, **given}, Row)
    return Box(key=key, title=key, lines=(Line(row=row),), after=after)


def picture(*boxes: Box, name: str = "CI", **fields: object) -> Graph:
    lane = Lane(path="ci.yml", name=name, trigger="on push", boxes=boxes)
    return Graph(title="push main", lanes=(lane,), **fields)  # type: ignore[arg-type]


def test_boxes_and_lines_are_numbered_in_order() -> None:
    assert render(picture(box("a"), box("b", "a"))).splitlines() == [
        "flowchart LR",
        "  %% push main",
        '  subgraph w0["CI"]',
        "    direction LR",
        '    j0["a"]',
        '    j1["b"]',
        "  end",
        "  j0 --> j1",
    ]


def test_states_and_changes_are_classes() -> None:
    gone = box("c", runs=False, state="skipped")
    gone = msgspec.structs.replace(
        gone, lines=(msgspec.structs.replace(gone.lines[0], change="disappears"),)
    )
    text = render(picture(box("a"), box("b", runs=False, state="fails"), gone))
    assert '    j1["✗ b"]' in text
    assert '    j2["○ c"]' in text
    assert "  class j1 fails\n" in text
    assert "  class j2 skipped\n" in text
    assert "  class j2 disappears\n" in text
    assert "classDef critical" not in text


def test_the_critical_path_is_marked() -> None:
    first = box("a")
    first = msgspec.structs.replace(
        first,
        lines=(Line(row=first.lines[0].row, job=JobEstimate(seconds=5.0, critical=True)),),
    )
    text = render(picture(first, box("x"), box("b", "x", "a"), estimate=Estimate(path=("a", "b"))))
    assert '    j0["a · 5.0 s"]' in text
    assert "  linkStyle 1 stroke" in text
    assert "  class j0 critical\n" in text


def test_a_line_to_a_job_that_is_not_drawn_is_left_out() -> None:
    assert "-->" not in render(picture(box("b", "gone")))


def decoded(text: str) -> str:
    """Text as Mermaid reads its entity codes."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")), max_size=40))
def test_no_name_is_taken_for_syntax(name: str) -> None:
    lines = render(picture(box("k", name=f"n{name}n"))).splitlines()
    assert len(lines) == 6
    assert re.fullmatch(r'    j0\["[^"\[\]`<>]*"\]', lines[4])
    assert decoded(lines[4]) == f'    j0["n{name}n"]'


@pytest.mark.parametrize("title", ["a %%{init: {}}%% b", "a\nb", "{}"])
def test_a_title_is_no_directive(title: str) -> None:
    line = render(msgspec.structs.replace(picture(box("a")), title=title)).splitlines()[1]
    assert "{" not in line
    assert line.startswith("  %% ")
