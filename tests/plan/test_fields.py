"""Fields of a job: their types, and errors with a place."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.model import Job, Map, Seq, Text, Tree
from agentmesh.plan.fields import Fields

SCOPE = Scope({"github": {"n": 2, "s": "x", "b": True, "l": [1], "m": {"k": 1}}})
FIELDS = Fields("ci.yml", Job(id="j", line=2, column=3), SCOPE)


def test_reads_texts_numbers_and_flags() -> None:
    assert FIELDS.text("name", Text("a ${{ github.n }}")) == "a 2"
    assert FIELDS.text("name", Text("${{ github.b }}")) == "true"
    assert FIELDS.number("timeout-minutes", Text("${{ github.n }}")) == 2
    assert FIELDS.number("timeout-minutes", 1.5) == 1.5
    assert FIELDS.flag("continue-on-error", Text("${{ github.b }}")) is True
    assert FIELDS.value("x", Map(((Text("k"), Text("${{ github.l }}")),))) == {"k": [1]}


@pytest.mark.parametrize(
    ("read", "tree", "message"),
    [
        (FIELDS.text, Text("${{ github.l }}"), "A sequence was not expected"),
        (FIELDS.text, Text("${{ github.m }}"), "A mapping was not expected"),
        (FIELDS.number, Text("${{ github.s }}"), "Unexpected value 'x'"),
        (FIELDS.number, Text("${{ github.b }}"), "Unexpected value 'true'"),
        (FIELDS.number, Text("${{ github.l }}"), "A sequence was not expected"),
        (FIELDS.flag, Text("${{ github.m }}"), "A mapping was not expected"),
        (FIELDS.flag, Text("${{ github.none }}"), "Unexpected value ''"),
        (FIELDS.flag, Text("true"), "Unexpected value 'true'"),
    ],
)
def test_refuses_another_type(
    read: Callable[[str, Tree], object], tree: Tree, message: str
) -> None:
    with pytest.raises(WorkflowError) as raised:
        read("key", tree)
    assert raised.value.message == f"Error when evaluating 'key' for job 'j'. {message}"


def test_an_error_stands_where_the_text_stands_or_else_at_the_job() -> None:
    with pytest.raises(WorkflowError) as raised:
        FIELDS.text("name", Text("${{ fromJSON('{') }}", 7, 9))
    assert str(raised.value.where) == "ci.yml:7:9"
    with pytest.raises(WorkflowError) as raised:
        FIELDS.value("matrix", Seq((Text("${{ fromJSON('{') }}", 8, 4),), 8, 1))
    assert str(raised.value.where) == "ci.yml:8:4"
    with pytest.raises(WorkflowError) as raised:
        FIELDS.flag("continue-on-error", None)
    assert str(raised.value.where) == "ci.yml:2:3"
