"""Calls of workflows: addresses, inputs, secrets, permissions, outputs, and unsound calls."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from agentmesh.core.errors import WorkflowError
from agentmesh.plan.build import build
from agentmesh.plan.expand import expand
from agentmesh.plan.model import Cell, Expansion, Failed, JobSpec, Need, Node, Request
from agentmesh.plan.reuse import address, call_outputs, is_remote, job_path, open_call, split_job

Make = Callable[..., Request]
Refused = Callable[..., list[str]]

INNER = "jobs: {inner: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"
PLAIN = "on: workflow_call\n" + INNER


def caller(*lines: str, job: str = "call") -> str:
    body = "\n    ".join(["uses: ./w.yml", *lines])
    return f"on: push\njobs:\n  {job}:\n    {body}\n"


def cell_of(make_request: Make, text: str, callee: str, **fields: Any) -> tuple[Request, Cell]:
    request = make_request(text, called={"./w.yml": callee}, **fields)
    node = build(request).nodes[-1]
    member = expand(request, node, {}).members[0]
    assert isinstance(member, Cell), member
    return request, member


@pytest.mark.parametrize(
    ("uses", "caller", "expected"),
    [
        ("./.github/workflows/x.yml", ".github/workflows/ci.yml", "./.github/workflows/x.yml"),
        ("$/.github/workflows/x.yml", "ci.yml", "./.github/workflows/x.yml"),
        ("./a/../x.yml", "ci.yml", "./x.yml"),
        ("o/r/.github/workflows/x.yml@v1", "ci.yml", "o/r/.github/workflows/x.yml@v1"),
        (
            "./.github/workflows/y.yml",
            "o/r/.github/workflows/x.yml@v1/2",
            "o/r/.github/workflows/y.yml@v1/2",
        ),
        ("$/y.yml", "o/r/x.yml@main", "o/r/y.yml@main"),
        ("./y.yml", "./x.yml", "./y.yml"),
    ],
)
def test_a_called_workflow_is_known_by_its_address(uses: str, caller: str, expected: str) -> None:
    assert address(uses, caller) == expected


def test_tells_other_repositories_from_this_one() -> None:
    assert is_remote("o/r/.github/workflows/x.yml@main")
    assert not is_remote("./.github/workflows/x.yml")
    assert not is_remote(".github/workflows/x@y.yml")


def test_a_call_opens_into_jobs_named_after_the_caller(make_request: Make) -> None:
    text = caller("name: Deploy ${{ matrix.e }}", "strategy: {matrix: {e: [x]}}")
    callee = PLAIN + "  \n"
    request, cell = cell_of(make_request, text, callee)
    (node,) = open_call(request, cell)
    assert (node.key, node.call.prefix) == ("call#0/inner", "Deploy x / ")
    spec = expand(request, node, {}).members[0]
    assert isinstance(spec, JobSpec)
    assert (spec.name, spec.id) == ("Deploy x / inner", "inner")
    assert spec.workflow_path == "./w.yml"


def test_inner_jobs_follow_their_needs(make_request: Make) -> None:
    callee = """
    on: workflow_call
    jobs:
      b: {needs: a, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
      a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
    """
    nodes = open_call(*cell_of(make_request, caller(), callee))
    assert [(n.key, n.needs) for n in nodes] == [("call/a", ()), ("call/b", ("call/a",))]


def test_an_inner_job_may_be_named_on_the_command_line(make_request: Make) -> None:
    callee = """
    on: workflow_call
    jobs:
      a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
      b: {needs: a, runs-on: ubuntu-latest, steps: [{run: 'true'}]}
      c: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}
    """
    for wanted, expected in (("call / B", ["a", "b"]), ("call", ["a", "b", "c"])):
        nodes = open_call(*cell_of(make_request, caller(), callee, jobs=(wanted,)))
        assert [node.job.id for node in nodes] == expected


INPUTS = """
on:
  workflow_call:
    inputs:
      s: {type: string, default: "${{ github.actor }}"}
      n: {type: number, default: 3}
      b: {type: boolean}
      t: {type: string}
"""


def test_inputs_have_types_and_defaults(make_request: Make) -> None:
    _, cell = cell_of(make_request, caller(), INPUTS + INNER)
    assert cell.call.inputs == {"s": "ada", "n": 3, "b": False, "t": ""}


def test_inputs_are_evaluated_for_each_cell(make_request: Make) -> None:
    text = caller(
        "strategy: {matrix: {v: [7]}}",
        "with: {S: '${{ matrix.v }}', n: '${{ matrix.v }}', b: \"${{ matrix.v == 7 }}\"}",
    )
    _, cell = cell_of(make_request, text, INPUTS + INNER)
    assert cell.call.inputs == {"s": "7", "n": 7, "b": True, "t": ""}


def test_an_input_of_another_type_fails_the_call_at_its_place(make_request: Make) -> None:
    text = caller("with: {b: '${{ vars.X }}'}")
    request = make_request(text, called={"./w.yml": INPUTS + INNER}, vars={"X": "true"})
    (failed,) = expand(request, build(request).nodes[0], {}).members
    assert isinstance(failed, Failed)
    assert str(failed.problem).startswith("ci.yml:5:15: error: Error when evaluating 'with'")
    assert "Input b: Unexpected value 'true'" in failed.problem.message


def test_secrets_pass_by_name(make_request: Make) -> None:
    callee = "on: {workflow_call: {secrets: {T: {required: true}, U: {required: false}}}}\n" + INNER
    text = caller("secrets: {T: '${{ secrets.MINE }}', U: '${{ secrets.NONE }}'}")
    _, cell = cell_of(make_request, text, callee, secrets=("MINE", "GITHUB_TOKEN"))
    assert cell.call.secrets == {"T": "MINE", "GITHUB_TOKEN": "GITHUB_TOKEN"}


def test_secrets_may_be_inherited(make_request: Make) -> None:
    _, cell = cell_of(make_request, caller("secrets: inherit"), PLAIN, secrets=("A", "B"))
    assert cell.call.secrets == {"A": "A", "B": "B"}


def test_secrets_are_not_passed_unasked(make_request: Make) -> None:
    _, cell = cell_of(make_request, caller(), PLAIN, secrets=("A",))
    assert cell.call.secrets == {}


def test_permissions_come_from_the_caller_unless_the_callee_asks_for_less(
    make_request: Make,
) -> None:
    text = caller("permissions: {contents: write}")
    _, cell = cell_of(make_request, text, PLAIN)
    assert cell.call.permissions is not None
    assert cell.call.permissions.scopes == {"contents": "write"}
    less = "on: workflow_call\npermissions: {contents: read}\n" + INNER
    _, cell = cell_of(make_request, text, less)
    assert cell.call.permissions is not None
    assert cell.call.permissions.scopes == {"contents": "read"}


def test_the_github_context_stays_that_of_the_first_workflow(make_request: Make) -> None:
    callee = "name: Inner\non: workflow_call\n" + INNER
    request, cell = cell_of(make_request, "name: Outer\n" + caller(), callee)
    (node,) = open_call(request, cell)
    spec = expand(request, node, {}).members[0]
    assert isinstance(spec, JobSpec)
    assert spec.github["workflow"] == "Outer"


OUTPUTS = """
on:
  workflow_call:
    inputs: {x: {type: string, default: i}}
    outputs:
      o: {value: "${{ jobs.inner.outputs.o }}-${{ inputs.x }}-${{ jobs.inner.result }}"}
      g: {value: "${{ github.actor }}-${{ vars.V }}"}
"""


def test_outputs_come_from_the_inner_jobs(make_request: Make) -> None:
    request, cell = cell_of(make_request, caller(), OUTPUTS + INNER, vars={"V": "w"})
    needs = {"inner": Need("success", {"o": "1"})}
    assert call_outputs(cell, needs, request) == {"o": "1-i-success", "g": "ada-w"}


def test_a_workflow_without_outputs_gives_none(make_request: Make) -> None:
    _, cell = cell_of(make_request, caller(), PLAIN)
    assert call_outputs(cell, {}) == {}


def test_an_output_that_fails_is_refused_at_its_place(make_request: Make) -> None:
    callee = "on: {workflow_call: {outputs: {o: {value: '${{ fromJSON(jobs.inner.result) }}'}}}}\n"
    _, cell = cell_of(make_request, caller(), callee + INNER)
    with pytest.raises(WorkflowError, match="output 'o'") as raised:
        call_outputs(cell, {"inner": Need("success")})
    assert str(raised.value.where) == "./w.yml:1:32"


def test_a_workflow_that_could_not_be_had_fails_the_job(make_request: Make) -> None:
    text = "on: push\njobs: {call: {uses: o/r/.github/workflows/w.yml@v1}}\n"
    for called, reason in (
        ({"o/r/.github/workflows/w.yml@v1": "no such tag"}, "no such tag"),
        ({}, "was not found"),
    ):
        request = make_request(text, called=called)
        (failed,) = expand(request, build(request).nodes[0], {}).members
        assert isinstance(failed, Failed)
        assert str(failed.problem).startswith("ci.yml:2:21: error: ")
        assert reason in failed.problem.message


@pytest.mark.parametrize(
    ("lines", "callee", "problem"),
    [
        (
            (),
            "on: push\n" + INNER,
            "ci.yml:4:11: error: workflow_call key is not defined in the referenced workflow.",
        ),
        (
            (),
            "on: {workflow_call: {inputs: {x: {type: string, required: true}}}}\n" + INNER,
            "ci.yml:4:11: error: Input x is required, but not provided while calling.",
        ),
        (
            ("with: {y: 1}",),
            PLAIN,
            "ci.yml:5:12: error: Invalid input, y is not defined in the referenced workflow.",
        ),
        (
            (),
            "on: {workflow_call: {secrets: {S: {required: true}}}}\n" + INNER,
            "ci.yml:4:11: error: Secret S is required, but not provided while calling.",
        ),
        (
            ("secrets: {T: x}",),
            PLAIN,
            "ci.yml:5:15: error: Invalid secret, T is not defined in the referenced workflow.",
        ),
        (
            ("permissions: {contents: read}",),
            "on: workflow_call\npermissions: {contents: write, issues: read}\n" + INNER,
            "ci.yml:4:11: error: Error calling workflow './w.yml'. The workflow is requesting "
            "'contents: write, issues: read', but is only allowed 'contents: read, issues: none'.",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_refused(
    refused: Refused, lines: tuple[str, ...], callee: str, problem: str
) -> None:
    (found,) = refused(caller(*lines), called={"./w.yml": callee})
    assert found.startswith(problem)


def test_a_workflow_of_this_repository_that_is_missing_is_refused(refused: Refused) -> None:
    for called in ({}, {"./w.yml": "workflow was not found"}):
        (found,) = refused(caller(), called=called)
        assert found.startswith(
            'ci.yml:4:11: error: error parsing called workflow "./w.yml": workflow was not found'
        )


def test_a_required_input_with_a_default_need_not_be_given(make_request: Make) -> None:
    callee = "on: {workflow_call: {inputs: {x: {type: string, required: true, default: d}}}}\n"
    _, cell = cell_of(make_request, caller(), callee + INNER)
    assert cell.call.inputs == {"x": "d"}


def test_workflows_that_call_each_other_in_a_circle_are_refused(refused: Refused) -> None:
    callee = "on: workflow_call\njobs: {again: {uses: ./w.yml}}\n"
    (found,) = refused(caller(), called={"./w.yml": callee})
    assert found.startswith("./w.yml:2:22: error: Workflows call each other in a circle: ./w.yml")


def chain(length: int) -> dict[str, str]:
    """``./w.yml`` and ``length - 1`` more workflows, each called by the one before it."""
    names = ["./w.yml", *(f"./w{n}.yml" for n in range(1, length))]
    called = {
        name: f"on: workflow_call\njobs: {{j: {{uses: {after}}}}}\n"
        for name, after in pairwise(names)
    }
    return called | {names[-1]: PLAIN}


def test_ten_levels_of_workflows_may_stand_in_a_call(make_request: Make, refused: Refused) -> None:
    build(make_request(caller(), called=chain(9)))
    (found,) = refused(caller(), called=chain(10))
    assert "Nested reusable workflow depth exceeded 9." in found


def test_problems_of_an_inner_call_stand_in_the_file_that_calls(refused: Refused) -> None:
    called = {
        "./w.yml": "on: workflow_call\njobs: {j: {uses: ./v.yml, with: {z: 1}}}\n",
        "./v.yml": PLAIN,
    }
    (found,) = refused(caller(), called=called)
    assert found.startswith("./w.yml:2:34: error: Invalid input, z")


def test_a_key_tells_the_jobs_it_leads_through() -> None:
    assert job_path("ci:call#3/inner#0/deep") == ("call", "inner", "deep")
    assert split_job("call / inner") == ("call", "inner")


def test_a_call_may_have_a_matrix_of_its_own(make_request: Make) -> None:
    text = caller("strategy: {matrix: {e: [a, b]}}")
    request = make_request(text, called={"./w.yml": PLAIN})
    node: Node = build(request).nodes[0]
    expansion: Expansion = expand(request, node, {})
    assert [(m.name, m.key) for m in expansion.members] == [
        ("call (a)", "call#0"),
        ("call (b)", "call#1"),
    ]
    assert [m.call.matrix for m in expansion.members if isinstance(m, Cell)] == [
        {"e": "a"},
        {"e": "b"},
    ]
