"""The parser: precedence, limits, unknown names, and messages with their places."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.ast import Call, Compare, Constant, Index, Logical, Name, Not, Star
from agentmesh.lang.expr.errors import ExpressionError
from agentmesh.lang.expr.parse import Function, parse

GITHUB = Name("github")


def refused(source: str, **known: frozenset[str]) -> ExpressionError:
    with pytest.raises(ExpressionError) as raised:
        parse(source, **known)
    assert raised.value.kind == "parsing"
    return raised.value


def one(value: int) -> Constant:
    return Constant(value)


def test_operators_bind_in_their_order() -> None:
    assert parse("!true == 1 < 2 && 3 || 4").root == Logical(
        "||",
        (
            Logical(
                "&&",
                (
                    Compare("==", Not(Constant(True)), Compare("<", one(1), one(2))),
                    one(3),
                ),
            ),
            one(4),
        ),
    )


def test_comparisons_associate_to_the_left() -> None:
    assert parse("1 < 2 > 3").root == Compare(">", Compare("<", one(1), one(2)), one(3))
    assert parse("1 == 2 != 3").root == Compare("!=", Compare("==", one(1), one(2)), one(3))


def test_a_chain_of_one_operator_is_flat() -> None:
    assert parse("1 || 2 || 3").root == Logical("||", (one(1), one(2), one(3)))


def test_parentheses_group() -> None:
    assert parse("(1 || 2) && 3").root == Logical("&&", (Logical("||", (one(1), one(2))), one(3)))


def test_properties_and_indexes_chain() -> None:
    assert parse("github.a['b'].*[0][*]").root == Index(
        Index(
            Index(
                Index(Index(GITHUB, Constant("a")), Constant("b")),
                Star(),
            ),
            one(0),
        ),
        Star(),
    )


def test_what_is_called_or_grouped_may_be_dereferenced() -> None:
    assert parse("fromJSON('x').a").root == Index(Call("fromJSON", (Constant("x"),)), Constant("a"))
    assert parse("('x')[0]").root == Index(Constant("x"), one(0))


def test_names_are_known_in_any_case_and_spelled_as_github_does() -> None:
    assert parse("GitHub").root == GITHUB
    assert parse("TOJSON(GITHUB)").root == Call("toJSON", (GITHUB,))


def test_the_empty_expression_is_null() -> None:
    assert parse("").root == parse(" \n").root == Constant(None)


def test_parsing_the_same_text_gives_the_same_tree() -> None:
    assert parse("github.ref == 'same'") is parse("github.ref == 'same'")


def test_known_names_can_be_given() -> None:
    assert parse("Mine", frozenset({"mine"})).root == Name("mine")
    known = frozenset({Function("hashFiles", 1, 2)})
    assert parse("hashfiles('a')", None, known).root == Call("hashFiles", (Constant("a"),))
    with pytest.raises(ExpressionError, match="Unrecognized function: 'success'"):
        parse("success()", None, known)


@pytest.mark.parametrize(
    ("source", "message", "position"),
    [
        ("x", "Unrecognized named-value: 'x'", 1),
        ("false && Foo.bar", "Unrecognized named-value: 'Foo'", 10),
        ("true || nope(1)", "Unrecognized function: 'nope'", 9),
        ("contains('a')", "Too few parameters supplied: 'contains'", 1),
        ("contains(1, 2, 3)", "Too many parameters supplied: 'contains'", 1),
        ("format()", "Too few parameters supplied: 'format'", 1),
        ("hashFiles()", "Too few parameters supplied: 'hashFiles'", 1),
        ("always(1)", "Too many parameters supplied: 'always'", 1),
        (
            "case(true, 1, false, 2)",
            "Even number of parameters supplied, requires an odd number of parameters: 'case'",
            1,
        ),
        ("case(true, 1)", "Too few parameters supplied: 'case'", 1),
        ("1 2", "Unexpected symbol: '2'", 3),
        ("1 'a'", "Unexpected symbol: 'a'", 3),
        ("github.", "Unexpected symbol: 'EOF'", 8),
        ("github.1", "Unexpected symbol: '1'", 8),
        ("github[", "Unexpected end of expression: '['", 7),
        ("github[0", "Unexpected symbol: 'EOF'", 9),
        ("(1", "Unexpected end of expression: '1'", 2),
        ("(", "Unexpected end of expression: '('", 1),
        ("1 &&", "Unexpected end of expression: '&&'", 3),
        ("!", "Unexpected end of expression: '!'", 1),
        ("&& 1", "Unexpected symbol: '&&'", 1),
        ("*", "Unexpected symbol: '*'", 1),
        ("()", "Unexpected symbol: ')'", 2),
        ("(1]", "Unexpected symbol: ']'", 3),
        ("join(,)", "Unexpected symbol: ','", 6),
        ("join(1", "Unexpected symbol: 'EOF'", 7),
        ("1[0]", "Unexpected symbol: '['", 2),
        ("'😀' || x", "Unrecognized named-value: 'x'", 9),
        ("a\n b", "Unrecognized named-value: 'a'", 1),
    ],
)
def test_says_what_is_wrong_and_where(source: str, message: str, position: int) -> None:
    error = refused(source)
    assert error.message == f"{message}. Located at position {position} within expression: {source}"
    assert error.position == position


@pytest.mark.parametrize(
    "nest",
    [
        lambda n: "(" * n + "1" + ")" * n,
        lambda n: "!" * n + "1",
        lambda n: "github" + ".a" * n,
        lambda n: "github" + "[0]" * n,
        lambda n: "toJSON(" * n + "1" + ")" * n,
    ],
)
def test_nesting_has_a_limit_of_50(nest: object) -> None:
    assert callable(nest)
    parse(nest(49))
    assert refused(nest(50)).message.startswith("Exceeded max expression depth 50: '")
    refused(nest(2000))


def test_a_flat_chain_has_no_limit() -> None:
    parse(" || ".join(["1"] * 2000))
    parse(" && ".join(["1 == 2"] * 1000))


def test_an_operator_that_nests_counts_once() -> None:
    def nest(n: int) -> str:
        return "(1 || " * n + "1" + ")" * n

    parse(nest(24))
    assert "max expression depth" in refused(nest(25)).message


def test_an_offset_counts_characters_where_a_position_counts_utf16_units() -> None:
    error = refused("'😀😀' || x")
    assert (error.offset, error.position) == (8, 11)
