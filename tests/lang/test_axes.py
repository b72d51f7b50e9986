"""What is known of a matrix before anything is evaluated."""

from __future__ import annotations

import pytest

from agentmesh.lang.axes import EMPTY, matrix_of
from agentmesh.lang.model import Job
from agentmesh.lang.parse import workflow


def job(matrix: str) -> Job:
    text = f"on: push\njobs: {{a: {{strategy: {{matrix: {matrix}}}, runs-on: x, steps: []}}}}"
    value, problems = workflow(text, "f.yml")
    assert value is not None, problems
    return value.jobs["a"]


def test_an_axis_has_its_values_and_those_that_are_included() -> None:
    matrix = matrix_of(job("{v: [1, 2], include: [{v: 3}, {v: 1, Extra: x}]}"))
    axis = matrix.get("V")
    assert axis is not None
    assert (axis.values, axis.whole, axis.always) == ([1, 2, 3, 1], True, True)
    extra = matrix.get("extra")
    assert extra is not None
    assert (extra.name, extra.whole, extra.always) == ("Extra", True, False)
    assert matrix.whole


def test_a_cell_that_stands_alone_may_lack_an_axis() -> None:
    axis = matrix_of(job("{v: [1], include: [{w: 3}]}")).get("v")
    assert axis is not None
    assert not axis.always


@pytest.mark.parametrize(
    "matrix", ["'${{ vars.m }}'", "{v: [1], include: '${{ vars.i }}'}", "{'${{ vars.k }}': [1]}"]
)
def test_keys_that_an_expression_adds_are_not_known(matrix: str) -> None:
    assert not matrix_of(job(matrix)).whole


@pytest.mark.parametrize("matrix", ["{v: ['${{ vars.x }}']}", "{v: '${{ vars.x }}'}"])
def test_values_that_an_expression_makes_are_not_known(matrix: str) -> None:
    found = matrix_of(job(matrix))
    axis = found.get("v")
    assert found.whole
    assert axis is not None
    assert not axis.whole


def test_a_job_without_a_matrix_has_an_empty_one() -> None:
    assert matrix_of(Job(id="a")) is EMPTY
