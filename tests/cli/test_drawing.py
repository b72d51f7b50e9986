"""Formats, files, and what is supposed by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import click
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.app.forecast import works
from agentmesh.app.outline import Outline, Row, linked
from agentmesh.app.plan import Prepared
from agentmesh.app.settings import Settings
from agentmesh.cli.drawing import FORMATS, drawn, emit, form_of, hypothesis
from agentmesh.core.errors import WorkflowError
from agentmesh.lang.model import Workflow
from agentmesh.plan.estimate import estimate
from agentmesh.plan.model import Plan, Request, Source


@pytest.mark.parametrize(
    ("form", "output", "as_json", "expected"),
    [
        (None, None, False, "tree"),
        (None, None, True, "json"),
        ("json", None, True, "json"),
        (None, "plan.SVG", False, "svg"),
        (None, "plan.mmd", False, "mermaid"),
        (None, "plan.json", False, "json"),
        (None, "plan.txt", False, "tree"),
        ("mermaid", "plan.svg", False, "mermaid"),
    ],
)
def test_the_format_is_named_or_read_off_the_file(form, output, as_json, expected):
    assert form_of(form, output, as_json=as_json) == expected


def test_json_goes_with_no_other_format():
    with pytest.raises(click.UsageError, match="does not go with --format svg"):
        form_of("svg", None, as_json=True)


def test_a_file_is_written_whole_and_nothing_is_left_beside_it(tmp_path, capsys):
    emit("one\n", str(tmp_path / "a.svg"))
    emit("two\n", str(tmp_path / "a.svg"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    assert (tmp_path / "a.svg").read_text() == "two\n"
    emit("three\n", None)
    assert capsys.readouterr().out == "three\n"


def test_a_file_that_cannot_be_written_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in ("none/a.svg", "folder"):
        with pytest.raises(WorkflowError, match="cannot be written") as raised:
            emit("x", str(tmp_path / path))
        assert raised.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_nothing_is_supposed_where_nothing_is_given(tmp_path):
    settings = Settings(store=str(tmp_path), directory=str(tmp_path))
    assert hypothesis(settings, None, ()) is None
    given = hypothesis(settings, "main", ("./a", ""))
    assert (given.ref, given.changed) == ("main", ("a",))
    assert hypothesis(settings, None, ("",)).changed == ()
    assert hypothesis(settings, "main", ()).changed is None


# -- every job is in every format -------------------------------------------------------------

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z", "M")), min_size=1, max_size=20
)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """Up to twelve jobs, some with cells, some skipped, each behind some of those before it."""
    rows: list[Row] = []
    ids: list[str] = []
    for number in range(draw(st.integers(1, 12))):
        needs = draw(st.lists(st.sampled_from(ids), unique=True, max_size=3)) if ids else []
        cells = draw(st.integers(0, 3))
        for cell in range(max(1, cells)):
            runs = draw(st.booleans())
            rows.append(
                Row(
                    key=f"j{number}#{cell}" if cells else f"j{number}",
                    id=f"j{number}",
                    name=draw(NAMES),
                    runs=runs,
                    state="runs" if runs else draw(st.sampled_from(["skipped", "fails"])),
                    why="because",
                    needs=tuple(needs),
                    workflow="ci.yml",
                    trigger="on push",
                    labels=("ubuntu-latest",),
                )
            )
        ids.append(f"j{number}")
    return Outline(rows=linked(rows))


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


def named_in(form: str, text: str) -> str:
    """What a drawing says, with the writing of its format undone."""
    if form == "svg":
        return "\n".join(element.text or "" for element in ElementTree.fromstring(text).iter())
    if form == "mermaid":
        return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)
    if form == "json":
        return "\n".join(job["name"] for job in json.loads(text)["jobs"])
    return text


@pytest.mark.parametrize("form", FORMATS)
@given(outlined=outlines())
def test_every_job_of_a_plan_is_in_every_format(form: str, outlined: Outline) -> None:
    lengths = {row.key: 5.0 for row in outlined.rows if row.key.endswith(("1", "2", "j3"))}
    expected = estimate(works(outlined.rows, lengths), {})
    said = named_in(form, drawn(form, PREPARED, outlined, expected))
    for row in outlined.rows:
        assert row.name in said


@pytest.mark.parametrize("form", FORMATS)
@given(outlined=outlines())
def test_the_same_plan_makes_the_same_bytes(form: str, outlined: Outline) -> None:
    again = msgspec.convert(msgspec.to_builtins(outlined), Outline)
    first = drawn(form, PREPARED, outlined, estimate(works(outlined.rows, {}), {}))
    assert first == drawn(form, PREPARED, again, estimate(works(again.rows, {}), {}))


def test_a_folder_stands_for_no_file(tmp_path: Path) -> None:
    settings = Settings(store=str(tmp_path), directory=str(tmp_path))
    with pytest.raises(WorkflowError, match="no file of"):
        hypothesis(settings, None, ("../x",))
