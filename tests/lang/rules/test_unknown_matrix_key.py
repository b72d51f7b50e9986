"""Keys that a matrix does not have."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Found = Callable[..., list[str]]
RULE = "unknown-matrix-key"
WORKFLOW = """\
on: push
jobs:
  a:
    strategy: {matrix: %s}
    runs-on: x
    steps: [{run: 'echo ${{ matrix.%s }}'}]
"""


@pytest.mark.parametrize(
    ("matrix", "key"),
    [
        ("{os: [a]}", "OS"),
        ("{include: [{os: a}]}", "os"),
        ("{os: [a], include: [{os: a, extra: b}]}", "extra"),
        ("'${{ fromJSON(vars.M) }}'", "os"),
        ("{include: '${{ fromJSON(vars.M) }}'}", "os"),
        ("{include: ['${{ fromJSON(vars.M) }}']}", "os"),
        ("{'${{ vars.K }}': [a]}", "os"),
        ("{c: [{os: a}, {os: b, x: 1}]}", "c.x"),
        ("{c: [{os: a}, plain]}", "c.y"),
        ("{c: ['${{ fromJSON(vars.C) }}']}", "c.y"),
    ],
)
def test_keys_that_may_be_there(found: Found, matrix: str, key: str) -> None:
    assert found(RULE, WORKFLOW % (matrix, key)) == []


@pytest.mark.parametrize(
    ("matrix", "key", "message"),
    [
        ("{os: [a]}", "so", "the matrix has no key 'so'"),
        ("{include: [{os: a}], exclude: [{x: b}]}", "x", "the matrix has no key 'x'"),
        ("{c: [{os: a}]}", "c.x", "no value of the matrix key 'c' has 'x'"),
    ],
)
def test_keys_that_are_not_there(found: Found, matrix: str, key: str, message: str) -> None:
    (shown,) = found(RULE, WORKFLOW % (matrix, key))
    assert shown == f"matrix.{key}: Context access might be invalid: {message}"


def test_a_job_without_a_matrix_has_no_keys(found: Found) -> None:
    assert len(found(RULE, "- run: echo ${{ matrix.os }}")) == 1


def test_an_action_does_not_know_its_callers_matrix(found: Found) -> None:
    text = "name: n\ndescription: d\nruns: {using: composite, steps: [{run: 'x ${{ matrix.y }}', shell: sh}]}"
    assert found(RULE, text, kind="action") == []
