"""Expressions step by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.parse import CONTEXTS, parse
from agentmesh.lang.expr.trace import Step, trace
from agentmesh.lang.expr.values import Value

CONTEXT: dict[str, Value] = {
    "github": {"ref": "refs/heads/main", "event": {"commits": [{"id": "a"}]}, "n": 5},
    "matrix": {"os": "Linux", "list": [1, 2]},
}


def traced(source: str, functions: object = None) -> Step:
    scope = Scope(CONTEXT, functions or {"always": lambda _: True})  # type: ignore[arg-type]
    return trace(parse(source, CONTEXTS), scope)


def outline(step: Step) -> list[object]:
    """Text, value or state of a step, and those of its parts."""
    value = step.value if step.state == "value" else step.state
    return [step.text, value, *map(outline, step.parts)]


def test_each_part_has_its_value() -> None:
    assert outline(traced("github.ref == 'x' || !(matrix.os == 'linux')")) == [
        "github.ref == 'x' || !(matrix.os == 'linux')",
        False,
        ["github.ref == 'x'", False, ["github.ref", "refs/heads/main"]],
        [
            "!(matrix.os == 'linux')",
            False,
            ["matrix.os == 'linux'", True, ["matrix.os", "Linux"]],
        ],
    ]


def test_what_stands_behind_the_deciding_operand_is_not_evaluated() -> None:
    step = traced("false && fromJSON('{') && always()")
    assert [part.state for part in step.parts] == ["value", "unreached", "unreached"]
    assert step.parts[1].note == "not evaluated: what stands before && is false already"
    step = traced("always() || fromJSON('{')")
    assert step.parts[1].note == "not evaluated: what stands before || is true already"


def test_case_evaluates_the_branch_that_it_takes() -> None:
    step = traced("case(false, fromJSON('{'), always(), 'b', true, 'c', 'd')")
    assert [(part.text, part.state) for part in step.parts] == [
        ("false", "value"),
        ("fromJSON('{')", "unreached"),
        ("always()", "value"),
        ("'b'", "value"),
        ("true", "unreached"),
        ("'c'", "unreached"),
        ("'d'", "unreached"),
    ]
    assert step.value == "b"
    assert traced("case(false, 1, github.n)").parts[-1].value == 5


def test_the_error_stands_where_it_happened() -> None:
    step = traced("contains(fromJSON('{'), 'x') && always()")
    assert step.state == "error"
    assert step.note == ""
    assert step.parts[0].state == "error"
    assert step.parts[0].parts[0].note.startswith("Error parsing JSON")
    assert step.parts[1].note == "not evaluated: what stands before it failed"
    bad = traced("case(1, 'a', 'b')")
    assert [part.state for part in bad.parts] == ["value", "unreached", "unreached"]
    assert bad.note == "case predicate must evaluate to a boolean value"


def test_a_chain_that_comes_to_nothing_says_where() -> None:
    assert traced("github.event.pull_request.head.ref").note == (
        "github.event.pull_request is null already"
    )
    assert traced("github.nope").note == ""
    assert traced("inputs.x").note == "the context inputs is not known here"
    assert traced("inputs").note == "the context inputs is not known here"


def test_computed_indexes_are_parts_and_names_are_not() -> None:
    step = traced("github.event.commits[github.n == 5 && 0].id")
    assert step.value == "a"
    assert [part.text for part in step.parts] == ["github.n == 5 && 0"]
    assert traced("fromJSON('[[7]]')[0][0]").parts[0].text == "fromJSON('[[7]]')"
    assert traced("github.event.commits.*.id").parts == ()


def test_comparisons_say_what_they_take_their_sides_for() -> None:
    assert traced("matrix.os == 'linux'").note == "the case of letters does not count"
    assert traced("matrix.os == 'Linux'").note == ""
    assert traced("github.n == '5'").note == "a number and a string compare as numbers, 5 and 5"
    assert "NaN is equal to nothing" in traced("github.n == 'x'").note
    assert traced("matrix.list == 1").note == "an array is never equal to a number"
    assert traced("matrix.list == matrix.list").note == "arrays are equal only to themselves"
    assert traced("null == 0").note == "null and a number compare as numbers, 0 and 0"


def test_a_function_of_the_scope_is_asked_once_for_each_argument() -> None:
    asked: list[Value] = []

    def hash_files(args: list[Value]) -> Value:
        asked.append(args[0])
        return "h"

    traced("hashFiles('a') == hashFiles('b') || hashFiles('a')", {"hashFiles": hash_files})
    assert sorted(map(str, asked)) == ["a", "b"]


ATOMS = st.sampled_from(
    ["github.ref", "github.n", "matrix.list", "inputs.x", "'x'", "1", "true", "null", "always()"]
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||", "==", "<"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda text: f"!{text}"),
        st.tuples(inner, inner).map(lambda t: f"contains({t[0]}, {t[1]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"case({t[0]}, {t[1]}, {t[2]})"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_the_value_is_the_one_that_the_evaluator_gives(source: str) -> None:
    step = traced(source)
    try:
        value = evaluate(parse(source, CONTEXTS), Scope(CONTEXT, {"always": lambda _: True}))
    except ExpressionError:
        assert step.state == "error"
    else:
        assert step.state == "value"
        assert step.value == value
