"""What holds for any text whatever: the language answers, in bounded time, and always the same."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.expr.ast import Node
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope, evaluate, evaluate_node
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.template import condition_expression, parts, references
from agentmesh.lang.expr.values import Value, kind
from agentmesh.lang.model import Text

PIECES = [
    "github", "matrix.os", "a", ".", "*", "[", "]", "(", ")", ",", "!", "==", "!=", "<", ">=", "&&",
    "||", "=", "&", "|", "'", "''", "'x'", "1", "-1", "0x", ".5", "1e9", "NaN", "true", "null", " ",
    "\n", "format(", "toJSON(", "contains(", "case(", "success()", "'{0}'", "${{", "}}", "é", "😀",
]  # fmt: skip
CONTEXTS: dict[str, Value] = {
    "github": {"a": [1, {"b": "x"}], "x": None},
    "matrix": {"os": "linux", "a": [[], {}]},
}
texts = st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def scope() -> Scope:
    return Scope(CONTEXTS, {"success": lambda _: True, "always": lambda _: True})


def error_of(call: Callable[[], object]) -> ExpressionError | None:
    try:
        call()
    except ExpressionError as error:
        return error
    return None


def outcome(source: str) -> tuple[str, str]:
    try:
        value = evaluate(parse(source), scope())
        return kind(value), repr(value)
    except ExpressionError as error:
        return error.kind, error.message


@given(texts)
def test_any_text_has_a_value_or_an_error(source: str) -> None:
    kind_, _ = outcome(source)
    assert kind_ in (
        "Null", "Boolean", "Number", "String", "Array", "Object", "lexing", "parsing", "evaluation",
    )  # fmt: skip


@given(texts)
def test_an_error_points_into_the_text(source: str) -> None:
    error = error_of(lambda: parse(source))
    if error is not None:
        assert 0 <= error.offset <= len(source)
        assert error.position >= error.offset + 1
        assert error.message.endswith(f"within expression: {source}")


@given(texts)
def test_the_same_text_always_comes_out_the_same(source: str) -> None:
    parse.cache_clear()
    first = outcome(source)
    assert outcome(source) == first


@given(texts)
def test_any_text_may_be_a_template_or_a_condition(source: str) -> None:
    for read in (parts, references, lambda text: condition_expression(Text(text))):
        error = error_of(lambda read=read: read(source))
        assert error is None or 0 <= error.offset <= len(source)


@given(texts.filter(lambda text: "${{" not in text))
def test_a_text_without_expressions_is_itself(source: str) -> None:
    assert "".join(map(str, parts(source))) == source


@given(st.data())
def test_any_tree_has_a_value_or_an_evaluation_error(
    trees: st.SearchStrategy[Node], data: st.DataObject
) -> None:
    tree = data.draw(trees)
    error = error_of(lambda: evaluate_node(tree, scope()))
    if error is None:
        assert repr(evaluate_node(tree, scope())) == repr(evaluate_node(tree, scope()))
    else:
        assert error.kind == "evaluation"
