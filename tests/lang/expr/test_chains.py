"""What an expression asks of contexts."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.chains import Chain, chain_of, chains, locate
from agentmesh.lang.expr.parse import parse


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("github.event.Issue", [("github", "event", "Issue")]),
        ("github['event'].x", [("github", "event", "x")]),
        ("steps.*.outcome", [("steps", "*", "outcome")]),
        ("needs[matrix.x].result", [("needs", None, "result"), ("matrix", "x")]),
        ("fromJSON(vars.a)[inputs.b]", [("vars", "a"), ("inputs", "b")]),
        ("env", [("env",)]),
        ("join(github.a)", [("github", "a")]),
        ("!github.x && (env.y == 1 || true)", [("github", "x"), ("env", "y")]),
        ("matrix.a[0].b", [("matrix", "a", None, "b")]),
    ],
)
def test_every_chain_is_found(source: str, found: list[tuple[str | None, ...]]) -> None:
    assert {(chain.context, *chain.keys) for chain in chains(source)} == set(found)


def test_a_key_is_read_in_lower_case() -> None:
    chain = Chain("github", ("Event", None))
    assert (chain.key(0), chain.key(1), chain.key(2)) == ("event", "", "")


@pytest.mark.parametrize(
    ("source", "piece", "length"),
    [
        ("github.ref == github.refs", "github.refs", 0),
        ("steps . a . outputs", "steps . a . outputs", 0),
        ("env.x == steps['a'].outputs.b", "steps['a'].outputs", 2),
        ("env.needs.a || needs.a.result", "needs.a.result", 0),
    ],
)
def test_a_chain_is_located_where_it_is_written(source: str, piece: str, length: int) -> None:
    (wanted,) = chains(piece)
    full = next(
        chain
        for chain in chains(source)
        if chain.context == wanted.context and chain.keys[: len(wanted.keys)] == wanted.keys
    )
    start, end = locate(source, full, length)
    assert source[start:end] == piece


def test_a_chain_that_is_not_there_is_the_whole() -> None:
    assert locate("github.ref", Chain("env", ("x",))) == (0, 10)


def test_a_node_is_a_chain_where_it_starts_at_a_context() -> None:
    assert chain_of(parse("github.a.*").root) == Chain("github", ("a", "*"))
    assert chain_of(parse("fromJSON('1').a").root) is None
    assert chain_of(parse("1").root) is None
