"""Why a condition came out as it did."""

from __future__ import annotations

import pytest

from agentmesh.lang.expr.eval import Scope, evaluate
from agentmesh.lang.expr.explain import explain
from agentmesh.lang.expr.parse import parse
from agentmesh.lang.expr.values import Value, truthy

CONTEXTS: dict[str, Value] = {
    "github": {"ref": "refs/heads/dev", "token": "ghs_secret", "event": {"draft": False}},
    "matrix": {"os": "linux", "n": 3},
    "secrets": {"KEY": "hunter2", "EMPTY": ""},
}
FUNCTIONS = {"success": lambda _: True, "failure": lambda _: False, "always": lambda _: True}


def why(condition: str) -> str:
    expr, scope = parse(condition), Scope(CONTEXTS, FUNCTIONS)
    return explain(expr.root, truthy(evaluate(expr, scope)), scope)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (
            "matrix.os == 'linux' && github.ref == 'refs/heads/main'",
            "github.ref == 'refs/heads/main' is false (github.ref is 'refs/heads/dev')",
        ),
        (
            "github.ref == 'x' || matrix.os == 'linux' && matrix.n > 2",
            "matrix.os == 'linux' && matrix.n > 2 is true (matrix.os is 'linux', matrix.n is 3)",
        ),
        (
            "success() && matrix.os == 'linux'",
            "matrix.os == 'linux' is true (matrix.os is 'linux')",
        ),
        ("success() && failure()", "failure() is false"),
        ("always()", "always() is true"),
        ("always() && success()", "success() is true"),
        ("!github.event.draft", "!github.event.draft is true (github.event.draft is false)"),
        ("github.event", "github.event is true (github.event is an object)"),
        ("matrix.nope", "matrix.nope is false (matrix.nope is null)"),
        (
            "contains(matrix.os, 'win')",
            "contains(matrix.os, 'win') is false (matrix.os is 'linux')",
        ),
        ("false", "the condition is false"),
        ("'text'", "the condition is true"),
    ],
)
def test_names_the_clause_that_decided(condition: str, reason: str) -> None:
    assert why(condition) == reason


@pytest.mark.parametrize(
    "condition",
    [
        "secrets.KEY == 'x'",
        "secrets['KEY']",
        "secrets.*[0] == 'x'",
        "toJSON(secrets) == 'x'",
        "github.token == 'x'",
        "github['TOKEN'] == 'x'",
        "github[format('to{0}', 'ken')] == 'x'",
        "!contains(secrets.KEY, matrix.os)",
        "secrets[matrix.nope || 'KEY'] && true",
    ],
)
def test_never_shows_a_secret(condition: str) -> None:
    reason = why(condition)
    assert "hunter2" not in reason
    assert "ghs_secret" not in reason


def test_a_part_that_cannot_be_evaluated_does_no_harm() -> None:
    assert why("case(true, matrix.n, matrix[fromJSON('')])").startswith("case(true, matrix.n, ")
