"""The evaluator."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.values import CaseSensitive, Value

CONTEXTS: dict[str, Value] = {
    "github": {
        "ref": "refs/heads/main",
        "event": {"commits": [{"id": 1, "tags": ["a", "b"]}, {"ID": 2}, {"tags": ["c"]}, 3]},
    },
    "matrix": {"os": "linux", "n": 3},
    "env": CaseSensitive(Path="p"),
    "steps": {"one": {"outcome": "success"}, "two": {"outcome": "failure"}},
    "needs": {},
}


def value(expression: str, **functions: Any) -> Value:
    return evaluate(parse(expression), Scope(CONTEXTS, functions))


def refused(expression: str, **functions: Any) -> str:
    with pytest.raises(ExpressionError) as raised:
        value(expression, **functions)
    assert raised.value.kind == "evaluation"
    return raised.value.message


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 && 'a'", "a"), ("0 && 'a'", 0), ("'' || 'a'", "a"), ("'x' || 'a'", "x"), ("!0", True),
        ("1 && 2 && 3", 3), ("null || '' || 0", 0), ("!'false'", False), ("!!1", True),
        ("1 <= 1", True), ("1 >= 2", False), ("'b' > 'A'", True), ("null >= null", True),
        ("NaN <= NaN", False), ("NaN != NaN", True), ("1 < 2 == true", True),
    ],
)  # fmt: skip
def test_operators(expression: str, result: Value) -> None:
    found = value(expression)
    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("github.ref", "refs/heads/main"), ("GITHUB.REF", "refs/heads/main"),
        ("github['Ref']", "refs/heads/main"),
        ("github.nope.deeper", None), ("github.ref.length", None), ("needs.x", None),
        ("vars.x", None),
        ("env.Path", "p"), ("env.PATH", None), ("github.event.commits[0].id", 1),
        ("github.event.commits['1'].id", 2), ("github.event.commits[1.9].id", 2),
        ("github.event.commits[null].id", 1), ("github.event.commits[-1]", None),
        ("github.event.commits[9]", None), ("github.event.commits[1e300]", None),
        ("github.event.commits['x']", None), ("github[github]", None), ("github[0]", None),
        ("matrix[format('{0}', 'os')]", "linux"),
    ],
)  # fmt: skip
def test_properties_and_indexes(expression: str, result: Value) -> None:
    assert value(expression) == result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("steps.*.outcome", ["success", "failure"]), ("github.event.commits.*.id", [1, 2]),
        ("github.event.commits.*.tags", [["a", "b"], ["c"]]),
        ("github.event.commits.*.tags.*", ["a", "b", "c"]),
        ("github.event.commits[*].tags[0]", ["a", "c"]), ("github.event.*.*.id", [1, 2]),
        ("github.ref.*", []), ("needs.*", []), ("needs.*.result", []), ("steps.*.nope", []),
        ("matrix.*", ["linux", 3]), ("steps.*.outcome[0]", []),
    ],
)  # fmt: skip
def test_filters(expression: str, result: Value) -> None:
    assert value(expression) == result


def test_an_object_is_equal_to_itself() -> None:
    assert value("github == github") is True
    assert value("fromJSON('[]') == fromJSON('[]')") is False


def test_the_scope_supplies_functions_with_their_values() -> None:
    seen: list[list[Value]] = []

    def hash_files(args: list[Value]) -> Value:
        seen.append(args)
        return "hash"

    assert value("hashFiles('a', github.ref)", hashFiles=hash_files) == "hash"
    assert value("HASHFILES('b')", hashfiles=hash_files) == "hash"
    assert seen == [["a", "refs/heads/main"], ["b"]]


def test_a_function_that_is_not_there_is_an_error() -> None:
    assert refused("success()") == "The function 'success' is not available in this context"


def test_what_is_not_needed_is_not_evaluated() -> None:
    assert value("false && fromJSON('')") is False
    assert value("true || fromJSON('')") is True
    assert value("case(true, 1, fromJSON(''))") == 1
    assert value("case(false, fromJSON(''), true, 2, 3)") == 2
    assert value("case(false, 1, 3)") == 3


@pytest.mark.parametrize("predicate", ["1", "'true'", "null", "github"])
def test_case_wants_booleans(predicate: str) -> None:
    assert refused(f"case({predicate}, 1, 2)") == (
        "case predicate must evaluate to a boolean value"
    )


def test_an_error_in_an_index_says_so() -> None:
    assert refused("github[fromJSON('')]") == (
        "could not evaluate index for index access: empty input"
    )


@pytest.mark.parametrize(
    "bomb",
    [
        "format('{0}{0}{0}{0}', " * 40 + "'x'" + ")" * 40,
        "toJSON(" * 40 + "'\"'" + ")" * 40,
        "format('" + "{0}" * 6000 + "', '" + "x" * 1000 + "')",
        "join(fromJSON('[" + "1," * 5000 + "1]'), format('" + "{0}" * 500 + "', toJSON(github)))",
    ],
)
def test_memory_is_limited_before_it_is_taken(bomb: str) -> None:
    import tracemalloc

    expr = parse(bomb)
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionError) as raised:
            evaluate(expr, Scope(CONTEXTS))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert raised.value.message.startswith(
        "The maximum allowed memory size was exceeded while evaluating the following expression: "
    )
    assert peak < 100 * 1024 * 1024


def test_memory_of_arguments_is_free_again_after_the_call() -> None:
    large = "x" * 1_000_000
    chain = " && ".join(["contains(format('{0}', vars.large), 'x')"] * 20)
    assert evaluate(parse(chain), Scope({"vars": {"large": large}})) is True
    nested = "format('{0}', " * 20 + "vars.large" + ")" * 20
    assert evaluate(parse(nested), Scope({"vars": {"large": large}})) == large


def test_filters_count_too() -> None:
    wide: Value = [[0] * 1000] * 2000
    with pytest.raises(ExpressionError, match="maximum allowed memory"):
        evaluate(parse("vars.*.*.*"), Scope({"vars": {"wide": wide}}))


def test_data_may_nest_200_deep() -> None:
    deep: Value = "leaf"
    for _ in range(150):
        deep = [deep]
    text = evaluate(parse("toJSON(vars)"), Scope({"vars": deep}))
    assert isinstance(text, str)
    assert text.count("[") == 150
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ExpressionError, match="Maximum object depth exceeded"):
        evaluate(parse("toJSON(vars)"), Scope({"vars": deep}))
    assert refused(f"fromJSON('{'[' * 5000}{']' * 5000}')") == "Maximum object depth exceeded"


def test_contexts_are_left_as_they_were() -> None:
    before = repr(CONTEXTS)
    for expression in ("github.event.*", "steps.*.outcome", "toJSON(github)", "github || env"):
        value(expression)
    assert repr(CONTEXTS) == before
