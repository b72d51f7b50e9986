"""The built-in functions."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.functions import BUILT_IN
from agentmesh.lang.expr.parse import BUILT_IN as SIGNATURES
from agentmesh.lang.expr.values import Value


def call(name: str, *args: Value) -> Value:
    spent: list[int] = []
    return BUILT_IN[name](list(args), spent.append)


def test_every_signature_has_its_function() -> None:
    assert set(BUILT_IN) | {"case"} == {function.name for function in SIGNATURES}


@pytest.mark.parametrize(
    ("search", "item", "found"),
    [
        ("Hello", "ELL", True), ("Hello", "x", False), ("a1", 1, True), (True, "ru", True),
        ("abc", None, True), (None, "", True), (["a", 1], "A", True), (["a", 1], "1", True),
        (["a"], "b", False), ([], "a", False), ([None], "", True), ("abc", ["a"], False),
        ({"a": "b"}, "b", False), ([["a"]], "a", False), ("Array", [], False),
    ],
)  # fmt: skip
def test_contains(search: Value, item: Value, found: bool) -> None:
    assert call("contains", search, item) is found


@pytest.mark.parametrize(
    ("text", "part", "starts", "ends"),
    [
        ("Hello", "HE", True, False), ("Hello", "LO", False, True), ("Hello", "", True, True),
        (12, 1, True, False), ("x", [], False, False), ([], "A", False, False),
        (None, None, True, True),
        ("ıx", "I", False, False), ("straße", "STRASS", True, False),
    ],
)  # fmt: skip
def test_starts_and_ends_with(text: Value, part: Value, starts: bool, ends: bool) -> None:
    assert call("startsWith", text, part) is starts
    assert call("endsWith", text, part) is ends


@pytest.mark.parametrize(
    ("args", "joined"),
    [
        ([["a", "b"]], "a,b"), ([["a", 1, None, True, 1.5], "-"], "a-1--true-1.5"), ([[], "-"], ""),
        ([["a", "b"], []], "a,b"), (["x", "-"], "x"), ([1.5], "1.5"), ([None], ""), ([{}], ""),
        ([[["a"], {}]], "Array,Object"), ([["a", "b"], 0], "a0b"),
    ],
)  # fmt: skip
def test_join(args: list[Value], joined: str) -> None:
    assert call("join", *args) == joined


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["a"], "a"), (["{0}", "x"], "x"), (["{0}{1}{0}", 1, True], "1true1"),
        (["{{0}}", 1], "{0}"),
        (["{{{0}}}", 1], "{1}"), (["}}{{"], "}{"), (["{0:yyyy}", 1], "1"), (["{00}", 1], "1"),
        (["", 1], ""), ([None], ""), (["{0} {1}", [], {}], "Array Object"), (["a{0}b", None], "ab"),
    ],
)  # fmt: skip
def test_format(args: list[Value], text: str) -> None:
    assert call("format", *args) == text


@pytest.mark.parametrize("pattern", ["{", "}", "{}", "{a}", "{ 0 }", "{0", "{0}}", "{{}", "{-1}"])
def test_format_refuses_a_bad_pattern(pattern: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        call("format", pattern, 1)
    assert raised.value.message == f"The following format string is invalid: {pattern}"
    assert raised.value.kind == "evaluation"


@pytest.mark.parametrize("pattern", ["{1}", "{0}{5}", "{99999999999999999999999}"])
def test_format_refuses_an_argument_that_is_not_there(pattern: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        call("format", pattern, 1)
    assert raised.value.message == (
        f"The following format string references more arguments than were supplied: {pattern}"
    )


def test_to_json_is_pretty() -> None:
    assert call("toJSON", {"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}'


def test_from_json_reads_the_text_of_any_value() -> None:
    assert call("fromJSON", "[1]") == [1]
    assert call("fromJSON", True) is True
    assert call("fromJSON", 1.5) == 1.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty input"),
        (" \u00a0", "empty input"),
        (None, "empty input"),
        ("{", "Error parsing JSON when evaluating fromJson"),
        ([], "Error parsing JSON when evaluating fromJson"),
        ("NaN", "Error parsing JSON when evaluating fromJson"),
    ],
)
def test_from_json_says_what_is_wrong(text: Value, message: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        call("fromJSON", text)
    assert (raised.value.kind, raised.value.message) == ("evaluation", message)
