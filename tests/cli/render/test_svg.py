"""A plan as a picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import msgspec

from agentmesh.app.graph import Box, Graph, Lane, Line
from agentmesh.app.outline import Row
from agentmesh.cli.render.svg import render
from agentmesh.plan.estimate import Estimate, JobEstimate

SVG = "{http://www.w3.org/2000/svg}"


def line(name: str, job: JobEstimate | None = None, **fields: object) -> Line:
    given = {"runs": True, "why": "", "state": "runs", "trigger": "on push", **fields}
    row = msgspec.convert({"key": name, "id": "t", "name": name, **given}, Row)
    return Line(row=row, job=job or JobEstimate())


def box(key: str, *after: str, job: JobEstimate | None = None, **fields: object) -> Box:
    given = {"name": key, **fields}
    return Box(
        key=key,
        title=key,
        lines=(line(given.pop("name"), job, **given),),  # type: ignore[arg-type]
        after=after,
    )


def picture(*boxes: Box, trigger: str = "on push", **fields: object) -> Graph:
    lane = Lane(path="ci.yml", name="CI", trigger=trigger, boxes=boxes)
    return Graph(title="push main", lanes=(lane,), **fields)  # type: ignore[arg-type]


def drawn(graph: Graph) -> ElementTree.Element:
    return ElementTree.fromstring(render(graph))


def texts(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def titles(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}title")]


def test_it_has_a_title_and_a_description_for_those_who_hear_it() -> None:
    graph = picture(box("a"), box("b", "a"), estimate=Estimate(path=("a", "b")))
    root = drawn(graph)
    assert root.get("role") == "img"
    labels = (root.get("aria-labelledby") or "").split()
    by_id = {element.get("id"): element.text for element in root.iter()}
    assert [by_id[label] for label in labels] == [
        "Plan: push main",
        "2 of 2 jobs run. Critical path: a, then b.",
    ]


def test_it_asks_nobody_for_anything_and_runs_nothing() -> None:
    text = render(picture(box("a"), box("b", "a"))).replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|href|url\(|@import|<script|<image|<foreignObject", text)


def test_it_is_light_or_dark_as_its_reader_likes() -> None:
    assert "@media (prefers-color-scheme:dark)" in render(picture(box("a")))


def test_names_are_text_and_never_markup() -> None:
    root = drawn(picture(box("k", name="<script>&'\"\x1b[1m")))
    assert "<script>&'\"" in texts(root)


def test_a_name_that_is_cut_stands_whole_in_the_tooltip() -> None:
    name = "a name that is far too long for any box that is to be read " * 2
    root = drawn(picture(box("k", name=name.strip(), job=JobEstimate(seconds=3.0))))
    assert any(text.endswith("…") for text in texts(root))
    assert any(name.strip() in title for title in titles(root))


def test_the_tooltip_has_all_that_is_known() -> None:
    job = JobEstimate(seconds=61.0, minutes=2, cost=0.012)
    made = box("k", job=job, why="no condition", needs=["x"], labels=["ubuntu-latest"])
    (_, _, tooltip) = titles(drawn(picture(made)))
    assert tooltip == (
        "k · k: 1 min 01 s, 2 billed min, $0.012 · why: no condition · needs: x · "
        "runs on: ubuntu-latest"
    )


def test_cells_stand_in_the_box_of_their_job_and_in_columns_where_they_are_many() -> None:
    few = Box(key="t", title="t", lines=tuple(line(f"t ({n})") for n in range(3)), matrix=True)
    many = Box(key="u", title="u", lines=tuple(line(f"t ({n})") for n in range(30)), matrix=True)
    assert texts(drawn(picture(few)))[4:] == ["t", "3 cells", "0", "1", "2", "runs"]
    places = {
        element.get("x")
        for element in drawn(picture(many)).iter(f"{SVG}text")
        if (element.text or "").isdigit()
    }
    assert len(places) == 3


def test_what_is_critical_skipped_failing_or_changed_looks_so() -> None:
    changed = box("d")
    changed = msgspec.structs.replace(
        changed, lines=(msgspec.structs.replace(changed.lines[0], change="appears"),)
    )
    job = JobEstimate(seconds=1.0, critical=True)
    graph = picture(
        box("a", job=job),
        box("b", "a", runs=False, state="skipped", why="because"),
        box("c", runs=False, state="fails", why="no machine"),
        changed,
        box("e", "a", job=job),
        estimate=Estimate(jobs={"a": job}, path=("a", "e")),
    )
    root = drawn(graph)
    classes = [element.get("class") for element in root.iter(f"{SVG}g") if element.get("class")]
    assert classes == ["runs critical", "skipped", "fails", "runs appears", "runs critical"]
    edges = [e.get("class") for e in root.iter(f"{SVG}path") if "edge" in (e.get("class") or "")]
    assert edges == ["edge", "edge critical", "edge critical"]
    said = texts(root)
    assert {"because", "no machine", "appears", "critical path", "fails at once"} <= set(said)


def test_a_workflow_that_does_not_run_says_why_once() -> None:
    boxes = [box(name, runs=False, state="skipped", why="not heard", trigger="") for name in "ab"]
    assert texts(drawn(picture(*boxes, trigger=""))).count("not heard") == 1


def test_a_plan_without_jobs_is_a_picture_too() -> None:
    assert "0 of 0 jobs run" in texts(drawn(Graph(title="push", lanes=())))
    assert texts(drawn(picture()))[0] == "push main"


def test_everything_lies_within_the_picture() -> None:
    graph = picture(*(box(f"j{n}", *([f"j{n - 1}"] if n % 5 else [])) for n in range(40)))
    root = drawn(graph)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    for element in root.iter(f"{SVG}rect"):
        assert float(element.get("x") or 0) + float(element.get("width") or 0) <= width
        assert float(element.get("y") or 0) + float(element.get("height") or 0) <= height
