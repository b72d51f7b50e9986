"""What the expressions of a job see before it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.core.result import Conclusion
from agentmesh.plan.build import build
from agentmesh.plan.contexts import direct, of_cell, of_node, of_workflow, status_functions
from agentmesh.plan.model import Need, Request, StrategyValues

TEXT = """
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
  b: {needs: A, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
"""


def test_a_node_sees_github_inputs_vars_and_direct_needs(
    make_request: Callable[..., Request],
) -> None:
    request = make_request(TEXT, vars={"V": "1"})
    node = build(request).nodes[1]
    needs = {"a": Need("success", {"o": "1"}), "root": Need("failure")}
    scope = of_node(request, node, needs)
    assert sorted(scope.contexts) == ["github", "inputs", "needs", "vars"]
    assert scope.contexts["needs"] == {"a": {"result": "success", "outputs": {"o": "1"}}}
    assert scope.contexts["vars"] == {"V": "1"}
    assert list(direct(node, needs)) == ["a"]
    assert sorted(of_workflow(request, node.call).contexts) == ["github", "inputs", "vars"]


def test_a_cell_sees_its_matrix_and_strategy_too(make_request: Callable[..., Request]) -> None:
    request = make_request(TEXT)
    scope = of_node(request, build(request).nodes[0], {})
    cell = of_cell(scope, {"v": 1}, StrategyValues(job_index=1, job_total=3, max_parallel=2))
    assert cell.contexts["matrix"] == {"v": 1}
    assert cell.contexts["strategy"] == {
        "fail-fast": True,
        "job-index": 1,
        "job-total": 3,
        "max-parallel": 2,
    }
    assert "matrix" not in scope.contexts


@pytest.mark.parametrize(
    ("results", "cancelled", "success", "failure"),
    [
        ((), False, True, False),
        ((), True, False, False),
        (("success", "success"), False, True, False),
        (("success", "skipped"), False, False, False),
        (("failure", "skipped"), False, False, True),
        (("cancelled",), False, False, False),
        (("failure",), True, False, True),
    ],
)
def test_status_functions_look_at_all_ancestors(
    results: tuple[Conclusion, ...], cancelled: bool, success: bool, failure: bool
) -> None:
    needs = {f"job{i}": Need(result) for i, result in enumerate(results)}
    functions = status_functions(needs, cancelled=cancelled)
    assert functions["success"]([]) is success
    assert functions["failure"]([]) is failure
    assert functions["always"]([]) is True
    assert functions["cancelled"]([]) is cancelled


def test_status_functions_may_name_jobs() -> None:
    functions = status_functions({"A": Need("failure"), "b": Need("success")}, cancelled=False)
    assert functions["success"](["B"]) is True
    assert functions["success"](["a"]) is False
    assert functions["failure"](["a"]) is True
    assert functions["failure"](["b"]) is False
    assert functions["success"](["nobody"]) is False
