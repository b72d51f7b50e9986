"""Expressions against GitHub's published package: values, kinds of errors, and messages.

A few thousand generated cases in each run of the tests; `make soak` takes a hundred thousand from a
seed that it prints. Where the package and GitHub's runner disagree we follow the runner, which is
what evaluates a workflow in the end: each such case stands in DIFFERENCES with its reason, and is
checked against both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from agentmesh.app.language import evaluate_text, read_contexts

Case = dict[str, Any]
Judge = Callable[[str, list[Case]], list[Any]]

SCRIPT = "expressions/oracle.mjs"


def ours(case: Case) -> Case:
    seen = read_contexts(json.dumps(case["contexts"]), "contexts.json")
    answer: Case = json.loads(evaluate_text(case["expr"], seen, "/nowhere").json())
    return answer


def theirs(answer: Case) -> Case:
    """Their answer with its value read; they tell no kind for what is undefined."""
    if "error" in answer:
        return answer
    value = answer.get("value")
    return {"kind": answer.get("kind"), "value": None if value is None else json.loads(value)}


def same(mine: Case, other: Case, expr: str) -> bool:
    if "error" not in other:
        return mine == other
    if mine.get("error") != other["error"]:
        return False
    message = mine["message"]
    if mine["error"] == "parsing":
        # The package's parser names no place; the runner's does, in these words.
        head, found, tail = message.partition(". Located at position ")
        number, between, source = tail.partition(" within expression: ")
        return (
            bool(found and between)
            and head == other["message"]
            and source == expr
            and 0 < int(number) <= len(expr.encode("utf-16-le")) // 2 + 1
        )
    return bool(message == other["message"])


def compare(cases: list[Case], judge: Judge, seed: int) -> None:
    answers = [theirs(answer) for answer in judge(SCRIPT, cases)]
    wrong = [
        (case, mine, other)
        for case, other in zip(cases, answers, strict=True)
        if not same(mine := ours(case), other, case["expr"])
    ]
    kinds = [answer.get("kind") or answer["error"] for answer in answers]
    for kind in ("Null", "Boolean", "Number", "String", "Array", "Object"):
        assert kinds.count(kind) > len(cases) // 500, f"too few results of kind {kind}"
    for kind in ("lexing", "parsing", "evaluation"):
        assert kinds.count(kind) > len(cases) // 100, f"too few {kind} errors"
    report = "\n".join(f"{c['expr']!r} {c['contexts']}\n  {m}\n  {o}" for c, m, o in wrong[:12])
    assert not wrong, f"seed {seed}: {len(wrong)} of {len(cases)} differ\n{report}"


def test_values_and_errors_are_those_of_the_package(
    generate: Callable[[int, int], list[Case]], judge: Judge
) -> None:
    seed = 20_260_102
    compare(generate(seed, 3_000), judge, seed)


@pytest.mark.soak
def test_values_and_errors_are_those_of_the_package_at_length(
    generate: Callable[[int, int], list[Case]], judge: Judge
) -> None:
    seed = int(os.environ.get("AGENTMESH_TEST_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"seed {seed} (AGENTMESH_TEST_SEED repeats it)")
    compare(generate(seed, 100_000), judge, seed)


# What differs on purpose: expression, our answer, theirs, and why ours is right.
DIFFERENCES = {
    "15 significant digits, not 15 after the point: the runner prints numbers with G15": [
        ("format('{0}', 1.23456789012345678)", "1.23456789012346", "1.234567890123457"),
        ("format('{0}', 1234567890123456789)", "1234567890123460000", "1234567890123456800"),
        ("format('{0}', 0.0000012345678901234)", "0.0000012345678901234", "0.00000123456789"),
        ("format('{0}', 1e-20)", "1e-20", "0"),
    ],
    "every '' in a text is a quote, not the first alone": [
        ("'a''b''c'", "a'b'c", "a'b''c"),
    ],
    "case evaluates the branch it takes and no other": [
        ("case(true, 'x', fromJSON('{'))", "x", "Error parsing JSON when evaluating fromJson"),
        ("case(false, fromJSON('{'), 'x')", "x", "Error parsing JSON when evaluating fromJson"),
    ],
    "keys keep their order even where JavaScript takes them for array indexes": [
        ("""join(fromJSON('{"b":1,"2":2,"1":3}').*, '')""", "123", "321"),
    ],
    "names of JavaScript's own object properties are keys like all others": [
        ("""fromJSON('{"constructor":"x"}').constructor""", "x", None),
        ("""fromJSON('{"__proto__":"x"}').__proto__""", "x", None),
    ],
    "what an evaluation may hold in memory is limited": [
        (
            "format('{0}{0}', " * 24 + "'x'" + ")" * 24,
            "The maximum allowed memory size was exceeded while evaluating the following",
            "x",
        ),
    ],
    "an expression that is too long is told so": [
        (
            "'" + "x" * 21_000 + "'",
            "Exceeded max expression length 21000",
            "ErrorExceededMaxLength",
        ),
    ],
}


@pytest.mark.parametrize("reason", DIFFERENCES)
def test_differs_from_the_package_on_purpose(reason: str, judge: Judge) -> None:
    rows = DIFFERENCES[reason]
    answers = judge(SCRIPT, [{"expr": expr, "contexts": {}} for expr, _, _ in rows])
    for (expr, mine, other), answer in zip(rows, answers, strict=True):
        assert said(ours({"expr": expr, "contexts": {}})).startswith(str(mine)), expr
        assert said(theirs(answer)).startswith(str(other)), expr
        assert not same(ours({"expr": expr, "contexts": {}}), theirs(answer), expr)


def said(answer: Case) -> str:
    return str(answer.get("message", answer.get("value")))
