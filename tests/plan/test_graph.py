"""The order of jobs, and needs that cannot be met."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.core.errors import WorkflowError
from agentmesh.lang.model import Job, Text, Workflow
from agentmesh.plan.graph import needs_of, with_ancestors


def workflow(**needs: str) -> Workflow:
    jobs = {
        name: Job(
            id=name,
            line=line,
            column=3,
            needs=tuple(Text(need, line, 20) for need in wanted.split()),
        )
        for line, (name, wanted) in enumerate(needs.items(), 2)
    }
    return Workflow(path="ci.yml", jobs=jobs)


def test_orders_jobs_after_their_needs() -> None:
    assert list(needs_of(workflow(c="b", b="a", a="", z=""))) == ["a", "b", "c", "z"]


def test_names_ignore_case_and_repeat_once() -> None:
    assert needs_of(workflow(Build="", test="build BUILD"))["test"] == ("Build",)


def test_refuses_a_job_that_does_not_exist() -> None:
    with pytest.raises(WorkflowError) as raised:
        needs_of(workflow(a="nobody"))
    (problem,) = raised.value.problems
    assert str(problem) == ("ci.yml:2:20: error: Job 'a' depends on unknown job 'nobody'. [needs]")


def test_refuses_a_circle_and_names_every_job_in_it() -> None:
    with pytest.raises(WorkflowError) as raised:
        needs_of(workflow(a="c", b="a", c="b", d=""))
    assert [problem.message for problem in raised.value.problems] == [
        "Job 'a' depends on job 'c' which creates a cycle in the dependency graph.",
        "Job 'b' depends on job 'a' which creates a cycle in the dependency graph.",
        "Job 'c' depends on job 'b' which creates a cycle in the dependency graph.",
    ]


def test_refuses_a_job_that_needs_itself() -> None:
    with pytest.raises(WorkflowError, match="needs cannot be met"):
        needs_of(workflow(a="a"))


def test_finds_all_ancestors() -> None:
    needs = needs_of(workflow(a="", b="a", c="b", d="a", e=""))
    assert with_ancestors(["c"], needs) == {"a", "b", "c"}
    assert with_ancestors([], needs) == set()


@given(st.permutations(list("abcdefgh")), st.data())
def test_any_graph_without_a_circle_is_put_in_order(names: list[str], data: st.DataObject) -> None:
    needs = {
        name: " ".join(data.draw(st.lists(st.sampled_from(names[:i]), max_size=3)) if i else ())
        for i, name in enumerate(names)
    }
    shuffled = dict(data.draw(st.permutations(list(needs.items()))))
    order = list(needs_of(workflow(**shuffled)))
    assert sorted(order) == sorted(names)
    for name, wanted in needs.items():
        assert all(order.index(need) < order.index(name) for need in wanted.split())
