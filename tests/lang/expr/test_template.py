"""Texts with expressions: parts, values, conditions, references."""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.lang.expr.ast import Expr
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.eval import Scope
from agentmesh.lang.expr.template import (
    condition,
    condition_expression,
    has_expression,
    is_insert,
    parts,
    references,
    render,
    render_text,
)
from agentmesh.lang.expr.values import Value
from agentmesh.lang.model import Map, Seq, Text, Tree


def scope(status: str = "success", **contexts: Value) -> Scope:
    functions: dict[str, Any] = {
        "success": lambda _: status == "success",
        "failure": lambda _: status == "failure",
        "cancelled": lambda _: status == "cancelled",
        "always": lambda _: True,
    }
    known: dict[str, Value] = {"matrix": {"os": "linux", "list": [1, "a"], "n": 3}}
    return Scope({**known, **contexts}, functions)


def shape(source: str) -> list[str | tuple[str]]:
    return [(part.source,) if isinstance(part, Expr) else part for part in parts(source)]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", []),
        ("plain }} ' text", ["plain }} ' text"]),
        ("${{ matrix.os }}", [("matrix.os",)]),
        ("${{matrix.os}}", [("matrix.os",)]),
        ("a ${{ 1 }} b${{ 2 }}", ["a ", ("1",), " b", ("2",)]),
        ("${{ '}}' }}", [("'}}'",)]),
        ("${{ 'it''s }}' }}x", [("'it''s }}'",), "x"]),
        ("${{ 1 }}}", [("1",), "}"]),
        ("$${{ 1 }}", ["$", ("1",)]),
        ("${{\n  1\n}}\n", [("1",), "\n"]),
        ("${ {1} }", ["${ {1} }"]),
    ],
)
def test_a_text_has_parts(source: str, found: list[str | tuple[str]]) -> None:
    assert shape(source) == found


@pytest.mark.parametrize("source", ["${{", "a ${{ 1 }", "${{ 'x }}", "${{ 1 }} ${{ 2"])
def test_an_expression_must_be_closed(source: str) -> None:
    with pytest.raises(ExpressionError) as raised:
        parts(source)
    assert raised.value.message == (
        "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} "
        "sequence was not found."
    )
    assert raised.value.offset == source.rindex("${{")


def test_an_expression_must_not_be_empty() -> None:
    with pytest.raises(ExpressionError, match="An expression was expected"):
        parts("a ${{ }}")


def test_an_error_knows_its_offset_in_the_text() -> None:
    with pytest.raises(ExpressionError) as raised:
        parts("echo ${{ github.ref }} ${{  matrix.os == nope }}")
    assert raised.value.position == len("matrix.os == ") + 1
    assert raised.value.offset == "echo ${{ github.ref }} ${{  matrix.os == nope }}".index("nope")


def test_many_braces_and_quotes_take_no_time() -> None:
    with pytest.raises(ExpressionError):
        parts("${{ " + "} '' " * 100_000)
    with pytest.raises(ExpressionError):
        parts("${{ " + "'" * 100_001)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("${{ matrix.n }}", 3), ("${{ matrix.list }}", [1, "a"]), ("${{ matrix.list }} ", "Array "),
        ("n=${{ matrix.n }}", "n=3"), ("plain", "plain"), ("${{ null }}", None),
        ("-${{ null }}-", "--"),
        ("${{ true }}", True), ("${{ 'x' }}${{ 'y' }}", "xy"),
    ],
)  # fmt: skip
def test_one_single_expression_keeps_its_type(source: str, value: Value) -> None:
    rendered = render(Text(source), scope())
    assert (rendered, type(rendered)) == (value, type(value))


def test_trees_are_rendered_with_their_keys() -> None:
    tree = Map(
        (
            (Text("${{ matrix.os }}-key"), Seq((Text("${{ matrix.n }}"), 1, True, None))),
            (Text("plain"), Map(((Text("x"), Text("a")),))),
        )
    )
    assert render(tree, scope()) == {"linux-key": [3, 1, True, None], "plain": {"x": "a"}}


def test_a_mapping_can_be_inserted() -> None:
    tree: Tree = Map(
        ((Text("a"), 1), (Text("${{ insert }}"), Text("${{ matrix }}")), (Text("n"), 9))
    )
    assert render(tree, scope()) == {"a": 1, "os": "linux", "list": [1, "a"], "n": 9}
    wrong = Map(((Text("${{insert}}", 4, 7), Text("${{ matrix.n }}")),))
    with pytest.raises(
        ExpressionError, match="Expected a mapping to insert, found Number"
    ) as raised:
        render(wrong, scope())
    assert (raised.value.line, raised.value.column) == (4, 7)


def test_only_the_insert_directive_is_one() -> None:
    assert is_insert("${{ insert }}")
    assert not is_insert("${{ inserted }}")
    assert not is_insert("insert")
    assert has_expression("a ${{ 1 }}")
    assert not has_expression("a }}")


def test_texts_are_rendered_as_texts() -> None:
    assert render_text(Text("${{ matrix.list }}"), scope()) == "Array"
    assert render_text("${{ matrix.n }}", scope()) == "3"
    assert render_text("${{ null }}", scope()) == ""
    assert render_text(None, scope()) == ""


def test_what_fails_names_the_line_of_its_text() -> None:
    tree = Seq((Text("ok", 1, 1), Text("${{ fromJSON('') }}", 7, 3)))
    with pytest.raises(ExpressionError) as raised:
        render(tree, scope())
    assert (raised.value.line, raised.value.column) == (7, 3)


def test_text_that_looks_like_a_format_is_no_format() -> None:
    assert render_text("{0} ${{ '{1}' }} {", scope()) == "{0} {1} {"


# Conditions


def holds(source: str | bool | None, status: str = "success") -> bool:
    return condition(Text(source) if isinstance(source, str) else source, scope(status)).value


@pytest.mark.parametrize(
    ("source", "on_success", "on_failure"),
    [
        (None, True, False), ("", True, False), (" ", True, False), (True, True, False),
        (False, False, False),
        ("matrix.os == 'linux'", True, False), ("${{ matrix.os == 'linux' }}", True, False),
        ("matrix.os == 'mac'", False, False), ("always()", True, True), ("failure()", False, True),
        ("${{ failure() }}", False, True), ("!success()", False, True),
        ("success() || failure()", True, True),
        ("always() && matrix.os == 'mac'", False, False),
        ("contains('always()', 'x')", False, False),
        ("'failure()'", True, False), ("format('{0}', failure()) == 'true'", False, True),
        ("!cancelled()", True, True), ("ALWAYS()", True, True),
        ("matrix['failure()'] == null", True, False),
    ],
)  # fmt: skip
def test_a_condition_without_a_status_function_needs_success(
    source: str | bool | None, on_success: bool, on_failure: bool
) -> None:
    assert holds(source) is on_success
    assert holds(source, "failure") is on_failure


def test_the_implied_success_does_not_bind_into_the_condition() -> None:
    assert holds("matrix.os == 'linux' || true", "failure") is False


def test_text_around_an_expression_makes_a_condition_true() -> None:
    assert holds("${{ false }} ") is True
    assert holds("x${{ false }}") is True
    assert holds("${{ false }}\n", "failure") is False
    assert holds("${{ always() && false }}\n", "failure") is True


def test_a_verdict_says_why() -> None:
    assert condition(None, scope("failure")).why == "success() is false"
    verdict = condition(Text("matrix.n > 2 && matrix.os == 'mac'"), scope())
    assert verdict.why == "matrix.os == 'mac' is false (matrix.os is 'linux')"
    assert condition(False, scope()).why == "the condition is false"


def test_a_function_is_called_once_for_the_same_arguments() -> None:
    calls: list[list[Value]] = []

    def hash_files(args: list[Value]) -> Value:
        calls.append(args)
        return "h"

    base = scope()
    with_hash = Scope(base.contexts, {**base.functions, "hashFiles": hash_files})
    assert condition(Text("hashFiles('a') == 'h' && hashFiles('b') != ''"), with_hash).value
    assert calls == [["a"], ["b"]]


def test_a_broken_condition_names_its_place() -> None:
    with pytest.raises(ExpressionError) as raised:
        condition(Text("  matrix.os == nope", 5, 9), scope())
    assert (raised.value.line, raised.value.column) == (5, 9)
    assert raised.value.offset == len("  matrix.os == ")


def test_a_condition_may_know_less_than_everything() -> None:
    with pytest.raises(ExpressionError, match="Unrecognized named-value: 'steps'"):
        condition_expression(Text("steps.a.outcome"), frozenset({"github"}))


# References


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("plain always()", set()),
        ("${{ needs.build.outputs.x }}", {"needs.build.outputs.x"}),
        ("${{ needs['build'].outputs['x'] }}", {"needs.build.outputs.x"}),
        ("${{ NEEDS.build.Result }}", {"needs.build.Result"}),
        ("${{ steps.*.outcome }}", {"steps.*.outcome"}),
        ("a ${{ hashFiles('x') }} ${{ github }}", {"hashFiles()", "github"}),
        ("${{ matrix[matrix.key].deep.er }}", {"matrix", "matrix.key"}),
        ("${{ toJSON(needs).x }}", {"toJSON()", "needs"}),
        ("${{ !a.b && env.A == vars.B }}", {"github.b", "env.A", "vars.B"}),
    ],
)
def test_a_text_refers_to_contexts_and_functions(source: str, found: set[str]) -> None:
    assert references(source.replace("!a.b", "!github.b")) == found


def test_a_condition_refers_without_braces_and_to_its_implied_success() -> None:
    assert references("needs.a.result == 'success'", condition=True) == {
        "success()",
        "needs.a.result",
    }
    assert references("always()", condition=True) == {"always()"}
    assert references("${{ failure() }}", condition=True) == {"failure()"}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (r"""${{ fromJSON('"\ud800"') }}""", "\ufffd"),
        (r"""a${{ fromJSON('"x\udfff"') }}b""", "ax\ufffdb"),
        (r"""${{ fromJSON('{"k\ud800":["\ud801"]}') }}""", {"k\ufffd": ["\ufffd"]}),
        (r"""${{ fromJSON('"\ud83d\ude00"') }}""", "\U0001f600"),
    ],
)
def test_halves_of_pairs_do_not_leave_an_expression(source: str, value: object) -> None:
    assert render(Text(source), Scope({})) == value
