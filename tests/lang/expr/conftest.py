"""Random trees and texts for property tests of expressions."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from agentmesh.lang.expr.ast import (
    Call,
    Compare,
    Constant,
    Index,
    Logical,
    Name,
    Node,
    Not,
    Star,
)
from agentmesh.lang.expr.values import number


def _trees() -> st.SearchStrategy[Node]:
    names = st.sampled_from(["github", "env", "matrix", "needs"]).map(Name)
    numbers = st.floats(allow_nan=False).map(number)
    texts = st.text("ab'{} \n.\\é😀", max_size=6)
    constants = (st.none() | st.booleans() | numbers | texts).map(Constant)

    def logical(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        # A chain of one operator is one flat node, so that it never holds itself first.
        def flat(op: str, items: list[Node]) -> Node:
            first = items[0]
            if isinstance(first, Logical) and first.op == op:
                items = [*first.items, *items[1:]]
            return Logical(op, tuple(items))

        return st.builds(
            flat, st.sampled_from(["&&", "||"]), st.lists(inner, min_size=2, max_size=3)
        )

    def extend(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        indexes = (
            inner | st.just(Star()) | st.sampled_from(["a", "a-b", "_", "0", ""]).map(Constant)
        )
        return st.one_of(
            st.builds(Not, inner),
            st.builds(Index, inner, indexes),
            st.builds(Compare, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner, inner),
            logical(inner),
            st.builds(lambda a, b: Call("contains", (a, b)), inner, inner),
            st.builds(lambda a: Call("toJSON", (a,)), inner),
            st.builds(lambda a: Call("always", ()), inner),
        )

    return st.recursive(names | constants, extend, max_leaves=8)


@pytest.fixture(scope="session")
def trees() -> st.SearchStrategy[Node]:
    """Trees that the parser could have made."""
    return _trees()
