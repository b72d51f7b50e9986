"""A file as rules see it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agentmesh.core.problem import Span
from agentmesh.lang.model import Text
from agentmesh.lang.parse import read
from agentmesh.lang.rules.source import Source
from agentmesh.lang.yaml import Mapping, Sequence

MakeSource = Callable[..., Source]

WORKFLOW = """\
run-name: ${{ github.actor }}
on:
  workflow_call:
    inputs: {i: {type: string, default: "${{ github.ref }}"}}
    outputs: {o: {value: "${{ jobs.a.outputs.o }}"}}
env: {E: "${{ github.sha }}"}
concurrency: {group: "${{ github.ref }}", cancel-in-progress: "${{ github.ref == 'x' }}"}
defaults: {run: {shell: bash}}
jobs:
  a:
    name: ${{ matrix.x }}
    if: github.ref == 'y'
    strategy:
      fail-fast: ${{ inputs.i == 'a' }}
      max-parallel: ${{ fromJSON(inputs.i) }}
      matrix: {x: ["${{ inputs.i }}"], include: [{"${{ inputs.i }}": b}]}
    runs-on: [self-hosted, "${{ matrix.x }}"]
    environment: {name: e, url: "${{ steps.s.outputs.u }}"}
    outputs: {o: "${{ steps.s.outputs.o }}"}
    container: {image: "a:${{ matrix.x }}"}
    services: {db: {image: "b:${{ matrix.x }}"}}
    timeout-minutes: ${{ fromJSON(inputs.i) }}
    steps:
      - id: s
        if: ${{ success() }}
        run: echo '${{ secrets.A }}' "${{ env.E }}"
        env: {V: "${{ vars.V }}"}
      - parallel:
          - uses: a/b@v1
            with: {w: "${{ runner.os }}"}
  b:
    uses: ./.github/workflows/x.yml
    with: {i: "${{ needs.a.result }}"}
    secrets: {s: "${{ secrets.B }}"}
    needs: a
"""


def test_every_expression_is_met_once_and_knows_where_it_belongs(source: MakeSource) -> None:
    file = source(WORKFLOW)
    written = WORKFLOW.count("${{") + 1  # an `if` without braces
    assert len(file.expressions) == written
    owners = {
        (each.value.key, each.job.id if each.job else "", each.step is not None)
        for each in file.expressions
    }
    assert {
        ("run-name", "", False),
        ("on.workflow_call.inputs.i.default", "", False),
        ("concurrency.group", "", False),
        ("strategy.matrix.x", "a", False),
        ("runs-on", "a", False),
        ("if", "a", False),
        ("if", "a", True),
        ("run", "a", True),
        ("with.w", "a", True),
        ("with.i", "b", False),
    } <= owners


def test_the_place_of_every_expression_is_its_source(source: MakeSource) -> None:
    file = source(WORKFLOW)
    for each in file.expressions:
        span = file.span_of_expression(each)
        start = file.offset(span.line, span.column)
        assert file.text[start : file.offset(span.end_line, span.end_column)] == each.source


def test_chains_are_found_by_their_context(source: MakeSource) -> None:
    file = source(WORKFLOW)
    assert {chain.key(0) for _, chain in file.chains("secrets")} == {"a", "b"}
    assert file.chains("strategy") == ()


def test_steps_of_a_parallel_block_are_steps_too(source: MakeSource) -> None:
    uses = [step.uses.source for _, step in source(WORKFLOW).steps if step.uses]
    assert uses == ["a/b@v1"]


def test_the_nodes_of_values_are_found(source: MakeSource) -> None:
    file = source("- run: x\n  env: {A: b}\n  with: {}\n- run: x\n")
    (job,) = file.jobs
    for _, step in file.steps:
        assert isinstance(file.node_of(step), Mapping)
        assert step.run is not None
        scalar = file.scalar_of(step.run)
        assert scalar is not None
        assert scalar.text == "x"
    assert file.scalar_of(Text("x", 99, 1)) is None
    assert file.span_at(job) == Span("f.yml", 3, 3, 3, 4)


def test_values_behind_an_alias_stand_at_their_anchor(source: MakeSource) -> None:
    file = source("- run: x\n  env: &e {A: '${{ github.ref }}'}\n- run: y\n  env: *e\n")
    first, second = (file.span_of_expression(each) for each in file.expressions)
    assert first == second
    assert file.text.splitlines()[first.line - 1][first.column - 1 :].startswith("github.ref")


def test_a_sequence_is_a_node_too(source: MakeSource) -> None:
    file = source("on: push\njobs: {a: {runs-on: [x, y], steps: []}}")
    (job,) = file.jobs
    assert isinstance(file.node_of(job.runs_on), Sequence)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "- a", "x", "on: [", "jobs: x", "on: push\njobs: {a: b}"])
def test_files_that_are_no_workflow_have_nothing(text: str) -> None:
    parsed = read(text, "f.yml", "workflow")
    file = Source(text, "f.yml", "workflow", parsed.root, parsed.value)
    assert (file.jobs, file.steps, file.expressions) == ((), (), ())


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    text = "\ufeffon: push\r\njobs: {a: {runs-on: x, if: github.ref, steps: []}}"
    parsed = read(text, "f.yml", "workflow")
    file = Source(text, "f.yml", "workflow", parsed.root, parsed.value)
    (expression,) = file.expressions
    assert file.span_of_expression(expression) == Span("f.yml", 2, 28, 2, 38)


def test_a_text_of_several_lines_is_marked_at_its_start(source: MakeSource) -> None:
    file = source("- run: |\n    a\n    b\n- run: c\n")
    spans = [file.span_of(step.run) for _, step in file.steps if step.run]
    assert [(span.line, span.end_line) for span in spans] == [(6, 0), (9, 9)]


def test_an_index_of_a_text_is_an_offset_of_the_file(source: MakeSource) -> None:
    file = source("- run: |\n    one\n    two\n")
    ((_, step),) = file.steps
    assert step.run is not None
    assert file.text[file.offset_in(step.run, 4) :].startswith("two")
