"""The expressions within a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.lang.parse.expressions import (
    check_condition,
    check_text,
    inserts,
    literal,
    split,
)

GITHUB = frozenset(("github", "always(0,0)", "failure(0,MAX)"))


@pytest.mark.parametrize(
    ("text", "sources", "closed"),
    [
        ("none", [], True),
        ("${{ a }}", [" a "], True),
        ("x ${{a}} y ${{b}}", ["a", "b"], True),
        ("${{ '}}' }}", [" '}}' "], True),
        ("${{ 'it''s }}' }}", [" 'it''s }}' "], True),
        ("${{ a }", [], False),
        ("${{ a }} ${{ 'b }}", [" a "], False),
        ("${{}}", [""], True),
        ("${ { a }}", [], True),
    ],
)
def test_a_text_is_split(text: str, sources: list[str], closed: bool) -> None:
    assert split(text) == (sources, closed)


@given(st.text(alphabet="${}'ab ", max_size=40))
def test_splitting_loses_nothing(text: str) -> None:
    sources, closed = split(text)
    rest = text
    for source in sources:
        before, found, rest = rest.partition("${{" + source + "}}")
        assert found
        assert "${{" not in before
    assert closed == ("${{" not in rest)


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("${{ 'x' }}", "x"),
        ("${{ 'it''s' }}", "it's"),
        ("${{ '' }}", ""),
        ("${{ 'a' == 'b' }}", None),
        ("${{ x }}", None),
        ("a ${{ 'x' }}", None),
        ("${{ ' }}", None),
    ],
)
def test_a_string_literal_is_a_string(text: str, string: str | None) -> None:
    assert literal(text) == string


def test_functions_have_their_arguments_counted() -> None:
    assert check_condition("failure('a', 'b') && always()", GITHUB) is None
    wrong = check_condition("always('a')", GITHUB)
    assert wrong is not None
    assert wrong.startswith("Too many parameters supplied: 'always'")


def test_an_empty_condition_has_nothing_wrong() -> None:
    assert check_condition("  ", GITHUB) is None


def test_the_same_mistake_is_told_once() -> None:
    assert len(check_text("${{ x }} ${{ x }} ${{ y }}", GITHUB)) == 2


def test_length_is_that_of_the_expression_which_github_makes_of_a_text() -> None:
    text = "${{ github.sha }}" + "x" * 20_980
    assert check_text(text, GITHUB) == []
    too_long = check_text(text + "x" * 60, GITHUB)
    assert too_long == [("Exceeded max expression length 21000", "")]


def test_the_directive_is_recognised() -> None:
    assert inserts("${{ insert }}")
    assert not inserts("${{ inserted }}")
    assert not inserts("insert")
