"""Inputs that people write as text, and inputs that workflows pass with a type."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.values import Value
from agentmesh.lang.inputs import InputError, check, from_texts, read
from agentmesh.lang.model import Input, Text, Tree, Trigger


def literal(tree: Tree) -> Value:
    return tree.source if isinstance(tree, Text) else tree  # type: ignore[return-value]


def given(*inputs: Input, **values: Value) -> tuple[dict[str, Value], list[str]]:
    trigger = Trigger(event="workflow_dispatch", inputs=inputs)
    found, problems = from_texts("ci.yml", trigger, values, literal)
    return found, [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("item", "text", "value"),
    [
        (Input("x"), "anything", "anything"),
        (Input("x", type="boolean"), "true", True),
        (Input("x", type="boolean"), "False", False),
        (Input("x", type="boolean"), True, True),
        (Input("x", type="number"), "42", 42),
        (Input("x", type="number"), "1.5", 1.5),
        (Input("x", type="number"), 7, 7),
        (Input("x", type="choice", options=("a", "b")), "b", "b"),
        (Input("x", type="environment"), "prod", "prod"),
    ],
)
def test_reads_a_text_as_the_declared_type(item: Input, text: Value, value: Value) -> None:
    found = read(item, text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("item", "text", "message"),
    [
        (Input("x", type="boolean"), "yes", "takes true or false, not 'yes'"),
        (Input("x", type="number"), "many", "is a number, not 'many'"),
        (Input("x", type="number"), "nan", "is a number, not 'nan'"),
        (
            Input("x", type="choice", options=("a", "b")),
            "c",
            "Provided value 'c' for input 'x' not in the list of allowed values: a, b",
        ),
    ],
)
def test_refuses_a_text_that_is_not_of_the_type(item: Input, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(item, text)


def test_what_is_not_given_has_its_default_or_is_empty() -> None:
    values, problems = given(
        Input("a"),
        Input("b", type="boolean"),
        Input("c", type="number"),
        Input("d", default=Text("x")),
        Input("e", type="boolean", default=Text("true")),
        Input("f", type="number", default=3),
        Input("g", required=True, default=Text("y")),
    )
    assert problems == []
    assert values == {"a": "", "b": False, "c": 0, "d": "x", "e": True, "f": 3, "g": "y"}


def test_names_ignore_case_and_undeclared_ones_are_left_out() -> None:
    values, problems = given(Input("Name"), NAME="x", other="y")
    assert (values, problems) == ({"Name": "x"}, [])


def test_says_where_a_required_input_is_declared_that_nobody_gave() -> None:
    _, problems = given(Input("who", required=True, line=4, column=7))
    assert problems == ["ci.yml:4:7: error: Required input 'who' not provided [input]"]


def test_reports_every_wrong_input_at_once() -> None:
    _, problems = given(Input("a", type="number"), Input("b", type="boolean"), a="x", b="y")
    assert len(problems) == 2


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", 3, "3"),
        ("string", True, "true"),
        ("string", None, ""),
        ("number", 1.5, 1.5),
        ("boolean", False, False),
    ],
)
def test_a_call_passes_values_of_the_type(kind: str, value: Value, expected: Value) -> None:
    assert check(Input("x", type=kind), value) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("boolean", "true", "Unexpected value 'true'"),
        ("number", "3", "Unexpected value '3'"),
        ("number", True, "Unexpected value 'true'"),
        ("string", {}, "A mapping was not expected"),
        ("string", [], "A sequence was not expected"),
    ],
)
def test_a_call_may_not_pass_another_type(kind: str, value: Value, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check(Input("x", type=kind), value)  # type: ignore[arg-type]
