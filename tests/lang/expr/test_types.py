"""What an expression may be."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.chains import Chain
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.types import (
    ANY,
    ARRAY,
    BOOLEAN,
    NUMBER,
    OBJECT,
    STRING,
    Type,
    always,
    infer,
    may_equal,
    one_of,
    union,
)

KNOWN = {"event": OBJECT, "ref_type": one_of("branch", "tag"), "run_number": STRING}


def resolve(chain: Chain) -> Type:
    return KNOWN.get(chain.key(0), ANY) if chain.context == "github" else ANY


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("1", one_of(1)),
        ("'x'", one_of("x")),
        ("github.ref_type", one_of("branch", "tag")),
        ("!env.x", BOOLEAN),
        ("1 < 2", BOOLEAN),
        ("contains(env.x, 'a')", BOOLEAN),
        ("format('x')", STRING),
        ("fromJSON('1')", ANY),
        ("env.x && 'a' || 'b'", ANY),
        ("github.ref_type || 'b'", one_of("branch", "tag", "b")),
        ("case(env.x, 'a', env.y, 'b', 'c')", one_of("a", "b", "c")),
        ("fromJSON('{}').x", ANY),
    ],
)
def test_what_an_expression_may_be(source: str, kind: Type) -> None:
    assert infer(parse(source).root, resolve) == kind


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (one_of("a"), one_of("A"), True),
        (one_of("a", "b"), one_of("c"), False),
        (one_of(True), one_of("true"), False),
        (one_of(False), one_of(""), True),
        (NUMBER, one_of("a"), False),
        (NUMBER, one_of("a", "1"), True),
        (STRING, one_of(1), True),
        (OBJECT, one_of("x"), False),
        (one_of(None), ARRAY, False),
        (OBJECT, STRING, False),
        (OBJECT, OBJECT, True),
        (NUMBER, STRING, True),
        (ANY, OBJECT, True),
        (ANY, one_of("x"), True),
        (BOOLEAN, one_of("yes"), False),
    ],
)
def test_what_may_be_equal(left: Type, right: Type, equal: bool) -> None:
    assert may_equal(left, right) is equal
    assert may_equal(right, left) is equal


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("env.x || 'a'", True),
        ("env.x && ''", False),
        ("!null", True),
        ("env.x", None),
        ("github.ref_type", True),
        ("github.ref_type == 'x'", False),
        ("github.ref_type != 'x'", True),
        ("github.ref_type == 'tag'", None),
        ("always()", None),
        ("false || env.x", None),
        ("true && 'a'", True),
        ("false || 0", False),
    ],
)
def test_what_a_condition_always_comes_to(source: str, value: bool | None) -> None:
    assert always(parse(source).root, resolve) is value


def test_a_union_of_kinds_is_that_kind_or_anything() -> None:
    assert union([STRING, STRING]) == STRING
    assert union([STRING, NUMBER]) == ANY
    assert union([STRING, one_of("x")]) == ANY
    assert one_of(*range(100)) == ANY
