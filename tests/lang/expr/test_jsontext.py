"""JSON, as fromJSON and toJSON have it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.expr import jsontext
from agentmesh.lang.expr.values import Value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("1.0", 1), ("-0", 0), ("1.5", 1.5), ("1e2", 100), ("1e400", math.inf),
        ("9007199254740993", 9007199254740992), (' [ ] ', []), ('"\\u00e9"', "é"),
        ('{"b":1,"a":2}', {"b": 1, "a": 2}), ('{"a":1,"a":2}', {"a": 2}),
        ('{"a":1,"A":2}', {"a": 1}), ("1" * 5000, math.inf),
    ],
)  # fmt: skip
def test_reads_json(text: str, value: Value) -> None:
    assert jsontext.read(text) == value


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "-Infinity", "[Infinity]", "01", "1.", "'a'", "\ufeff1", '"\t"', "1 2"]
)
def test_refuses_what_is_not_json(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its wording is Python's
        jsontext.read(text)


def test_keeps_keys_that_differ_in_case_where_asked() -> None:
    assert jsontext.read('{"a":1,"A":2}', twins=True) == {"a": 1, "A": 2}


def test_nesting_has_a_limit() -> None:
    most = jsontext.MAX_DEPTH
    value = jsontext.read("[" * most + "]" * most)
    assert jsontext.write(value, indent="") == "[" * most + "]" * most
    for depth in (most + 1, 100_000):
        with pytest.raises(RecursionError):
            jsontext.read("[" * depth + "]" * depth)
    assert jsontext.read("[" + "[]," * 1000 + "[]]")


def test_writes_two_spaces_and_keeps_the_order() -> None:
    assert jsontext.write({"b": [1, True, None], "a": {}, "c": [], "d": "x"}) == (
        '{\n  "b": [\n    1,\n    true,\n    null\n  ],\n  "a": {},\n  "c": [],\n  "d": "x"\n}'
    )


def test_writes_one_line_without_an_indent() -> None:
    assert jsontext.write({"a": [1, "b"]}, indent="") == '{"a":[1,"b"]}'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "null"), (math.inf, "null"), (-math.inf, "null"), (-0.0, "0"), (1e21, "1e+21"),
        (1e-7, "1e-7"), (1.23456789012345678, "1.2345678901234567"), (1.0, "1"),
        ('"\\/\b\f\n\r\t\x01\x7fé\u2028', '"\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7fé\u2028"'),
        ("\ud800", '"\\ud800"'),
    ],
)  # fmt: skip
def test_writes_scalars_as_javascript_does(value: Value, text: str) -> None:
    assert jsontext.write(value) == text


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abé_"), inner),
)


@given(values)
def test_what_is_written_reads_as_the_same_value(value: Value) -> None:
    assert jsontext.read(jsontext.write(value), twins=True) == value
    assert jsontext.read(jsontext.write(value, indent=""), twins=True) == value
