"""Values and their coercions."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.expr.values import (
    CaseSensitive,
    Filtered,
    Value,
    folded,
    javascript,
    kind,
    lookup,
    loose_equal,
    loose_less,
    parse_number,
    to_number,
    to_string,
    truthy,
)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "Null"), (True, "Boolean"), (1, "Number"), (1.5, "Number"), ("", "String"),
        ([], "Array"), (Filtered(), "Array"), ({}, "Object"), (CaseSensitive(), "Object"),
    ],
)  # fmt: skip
def test_every_value_has_a_kind(value: Value, name: str) -> None:
    assert kind(value) == name


@pytest.mark.parametrize("value", [None, False, 0, -0.0, math.nan, ""])
def test_is_falsy(value: Value) -> None:
    assert not truthy(value)


@pytest.mark.parametrize("value", [True, 1, -1, math.inf, " ", "false", "0", [], {}, Filtered()])
def test_is_truthy(value: Value) -> None:
    assert truthy(value)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0), (" \t\n", 0), ("1", 1), (" 1 ", 1), ("\u00a01\ufeff", 1), ("+1", 1),
        ("-1.5", -1.5),
        (".5", 0.5), ("5.", 5), ("1e3", 1000), ("0x1F", 31), ("0o17", 15), ("0b11", 3),
        (" 0xA ", 10),
        ("Infinity", math.inf), ("-Infinity", -math.inf), ("+Infinity", math.inf),
        ("1e400", math.inf), ("0x" + "f" * 400, math.inf),
    ],
)  # fmt: skip
def test_texts_become_numbers_as_in_javascript(text: str, number: float) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "a", "1a", "1_000", "0x", "-0x1", "0o8", "1e", ".", "--1", "infinity", "inf", "nan", "NaN",
        "1 2", "\x1f1", "\u0661", "0x1_0", "ⅷ",
    ],
)  # fmt: skip
def test_other_texts_are_not_a_number(text: str) -> None:
    assert math.isnan(parse_number(text))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (0, "0"), (-0.0, "0"), (1.0, "1"), (-7, "-7"),
        (1.5, "1.5"), (0.1 + 0.2, "0.3"), (1.23456789012345678, "1.23456789012346"),
        (123456789012345678, "123456789012346000"), (1e20, "100000000000000000000"),
        (1e21, "1e+21"), (1.5e300, "1.5e+300"), (1e-6, "0.000001"), (1e-7, "1e-7"),
        (1.25e-7, "1.25e-7"), (-1e-7, "-1e-7"), (math.nan, "NaN"), (math.inf, "Infinity"),
        (-math.inf, "-Infinity"), (10**400, "Infinity"), ([], "Array"), ({}, "Object"),
        (999999999999999, "999999999999999"), (-1000000000000000, "-1000000000000000"),
    ],
)  # fmt: skip
def test_values_become_texts(value: Value, text: str) -> None:
    assert to_string(value) == text


@given(st.floats())
def test_a_written_number_reads_as_the_same_number(value: float) -> None:
    again = float(parse_number(javascript(value)))
    assert again == value or (math.isnan(again) and math.isnan(value))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_texts_of_numbers_have_at_most_15_significant_digits(value: float) -> None:
    mantissa = to_string(value).lstrip("-").split("e")[0].replace(".", "").strip("0")
    assert len(mantissa) <= 15


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, "1"), (1, " 1 "), (0, ""), (0, None), (None, ""), (None, False), (True, 1), (True, "1"),
        (False, "0"), ("a", "A"), ("É", "é"), ("ß", "SS"), (255, "0xff"), (1, 1.0),
    ],
)  # fmt: skip
def test_is_loosely_equal(left: Value, right: Value) -> None:
    assert loose_equal(left, right)
    assert loose_equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, "a"), (math.nan, math.nan), (True, "true"), (None, "null"), ([], []), ({}, {}),
        ([], ""), ([], 0), ({}, None), ("ı", "I"), ("a", "b"), (0, "x"),
    ],
)  # fmt: skip
def test_is_not_loosely_equal(left: Value, right: Value) -> None:
    assert not loose_equal(left, right)
    assert not loose_equal(right, left)


def test_objects_are_equal_to_themselves_alone() -> None:
    value: Value = {"a": 1}
    assert loose_equal(value, value)
    assert not loose_equal(value, {"a": 1})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 2), (1, "2"), (None, 1), (False, True), ("a", "B"), ("A", "b"), ("", "a"), ("10", "9"),
        (9, "10"), ("😀", "\uffee"), (-math.inf, math.inf),
    ],
)  # fmt: skip
def test_is_less(left: Value, right: Value) -> None:
    assert loose_less(left, right)
    assert not loose_less(right, left)


@pytest.mark.parametrize(
    ("left", "right"), [(None, None), (1, "x"), ([], 1), ([], []), ({}, "a"), (math.nan, 1)]
)
def test_neither_is_less(left: Value, right: Value) -> None:
    assert not loose_less(left, right)
    assert not loose_less(right, left)


def test_arrays_and_objects_are_not_a_number() -> None:
    assert math.isnan(to_number([]))
    assert math.isnan(to_number({}))


def test_keys_are_found_in_any_case_but_the_exact_one_first() -> None:
    assert lookup({"Ab": 1}, "aB") == (1,)
    assert lookup({"ab": 1, "AB": 2}, "AB") == (2,)
    assert lookup({"a": None}, "A") == (None,)
    assert lookup({}, "a") is None


def test_keys_of_the_environment_keep_their_case() -> None:
    assert lookup(CaseSensitive(Path="x"), "Path") == ("x",)
    assert lookup(CaseSensitive(Path="x"), "PATH") is None


def test_of_keys_that_differ_in_case_the_first_stays() -> None:
    assert folded({"a": [{"B": 1, "b": 2}], "A": 3}) == {"a": [{"B": 1}]}
