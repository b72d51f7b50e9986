"""What jobs become: conditions over ancestors, cells, names, machines, failures with a place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from agentmesh.plan.build import build
from agentmesh.plan.model import Expansion, Failed, JobSpec, Need, Request, Skipped

Expand = Callable[..., dict[str, Expansion]]

STEPS = "runs-on: ubuntu-latest\n    steps: [{run: 'true'}]"


def job(name: str, *lines: str) -> str:
    body = "\n    ".join([*lines, STEPS])
    return f"  {name}:\n    {body}\n"


def jobs(*texts: str) -> str:
    return "jobs:\n" + "".join(texts)


def only(expansion: Expansion) -> Any:
    (member,) = expansion.members
    return member


def failure(expansion: Expansion) -> str:
    member = only(expansion)
    assert isinstance(member, Failed), member
    return str(member.problem)


CHAIN = jobs(job("a"), job("b", "needs: a"), job("c", "needs: b"))


def runs(expansion: Expansion) -> bool:
    return all(isinstance(member, JobSpec) for member in expansion.members)


def test_a_job_runs_when_all_it_needs_has_succeeded(expansions: Expand) -> None:
    found = expansions(CHAIN)
    assert [runs(e) for e in found.values()] == [True, True, True]
    assert found["a"].why == "no condition"
    assert found["b"].why == "needs a: all succeeded"


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("failure", "needs a success, but a failed"),
        ("cancelled", "needs a success, but a was cancelled"),
        ("skipped", "needs a success, but a was skipped"),
    ],
)
def test_a_job_is_skipped_when_what_it_needs_has_not_succeeded(
    expansions: Expand, end: str, why: str
) -> None:
    member = only(expansions(CHAIN, {"a": end})["b"])
    assert isinstance(member, Skipped)
    assert (member.why, member.kind) == (why, "needs")


def test_a_skipped_ancestor_skips_all_that_follow_even_behind_a_job_that_ran(
    expansions: Expand,
) -> None:
    text = jobs(job("a", "if: false"), job("b", "needs: a", "if: always()"), job("c", "needs: b"))
    found = expansions(text)
    assert runs(found["b"])
    assert only(found["c"]).why == "needs a success, but a was skipped"


def test_a_condition_without_a_status_function_does_not_undo_a_failed_need(
    expansions: Expand,
) -> None:
    text = jobs(job("a"), job("b", "needs: a", "if: needs.a.result == 'failure'"))
    assert only(expansions(text, {"a": "failure"})["b"]).kind == "needs"


@pytest.mark.parametrize(
    ("condition", "end", "expected"),
    [
        ("always()", "failure", True),
        ("always()", "cancelled", True),
        ("'!cancelled()'", "failure", True),
        ("failure()", "failure", True),
        ("failure()", "success", False),
        ("failure()", "skipped", False),
        ("success()", "success", True),
        ("success()", "skipped", False),
        ("cancelled()", "success", False),
        ("success('a')", "success", True),
        ("failure('a')", "failure", True),
        ("${{ always() && needs.a.result == 'skipped' }}", "skipped", True),
        ("success() || needs.a.result == 'failure'", "failure", True),
        ("true", "success", True),
        ("false", "success", False),
        ("github.ref == 'refs/heads/main'", "success", True),
        ("'text ${{ false }}'", "success", True),
    ],
)
def test_conditions_see_how_needs_have_ended(
    expansions: Expand, condition: str, end: str, expected: bool
) -> None:
    text = jobs(job("a"), job("b", "needs: a", f"if: {condition}"))
    assert runs(expansions(text, {"a": end})["b"]) is expected


def test_failure_looks_at_all_ancestors(expansions: Expand) -> None:
    text = jobs(job("a"), job("b", "needs: a"), job("c", "needs: b", "if: failure()"))
    assert runs(expansions(text, {"a": "failure", "b": "skipped"})["c"])


def test_a_cancelled_run_starts_only_what_asked_for_it(expansions: Expand) -> None:
    text = jobs(job("a"), job("b", "if: cancelled()"), job("c", "if: always()"))
    found = expansions(text, cancelled=True)
    assert [runs(e) for e in found.values()] == [False, True, True]


def test_says_the_clause_that_decided_with_its_values(expansions: Expand) -> None:
    text = jobs(job("a", "if: github.actor == 'ada' && github.ref == 'refs/heads/x'"))
    member = only(expansions(text)["a"])
    assert member.kind == "condition"
    assert "github.ref" in member.why
    assert "refs/heads/main" in member.why


def test_needs_holds_direct_needs_alone_with_results_and_outputs(expansions: Expand) -> None:
    text = jobs(
        job("a"),
        job("b", "needs: a"),
        job("c", "needs: [B]", "name: ${{ needs.b.outputs.x }} ${{ toJSON(needs.a) }}"),
    )
    spec = only(expansions(text, {"b": Need("success", {"x": "y"})})["c"])
    assert spec.needs == {"b": Need("success", {"x": "y"})}
    assert spec.name == "y null"


MATRIX = "strategy: {matrix: {os: [ubuntu-latest, ubuntu-22.04], v: [1, 2]}}"


def names(expansion: Expansion) -> list[str]:
    return [member.name for member in expansion.members]


def test_cells_have_names_keys_and_strategies(expansions: Expand) -> None:
    expansion = expansions(jobs(job("a", MATRIX)))["a"]
    assert names(expansion) == [
        "a (ubuntu-latest, 1)",
        "a (ubuntu-latest, 2)",
        "a (ubuntu-22.04, 1)",
        "a (ubuntu-22.04, 2)",
    ]
    specs = [m for m in expansion.members if isinstance(m, JobSpec)]
    assert [spec.key for spec in specs] == ["a#0", "a#1", "a#2", "a#3"]
    assert specs[2].matrix == {"os": "ubuntu-22.04", "v": 1}
    assert (specs[2].strategy.job_index, specs[2].strategy.job_total) == (2, 4)
    assert specs[2].strategy.max_parallel == 4
    assert (expansion.fail_fast, expansion.max_parallel) == (True, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Test", "Test (1)"),
        ("Test ${{ matrix.v }}!", "Test 1!"),
        ("${{ matrix.none }}", "a (1)"),
        ("Run ${{ strategy.job-index }}/${{ strategy.job-total }}", "Run 0/1"),
        ("${{ inputs.x }} ${{ vars.V }} ${{ github.actor }}", " w ada"),
    ],
)
def test_a_name_with_an_expression_is_complete(
    expansions: Expand, name: str, expected: str
) -> None:
    text = jobs(job("a", f"name: '{name}'", "strategy: {matrix: {v: [1]}}"))
    assert names(expansions(text, vars={"V": "w"})["a"]) == [expected]


def test_fail_fast_and_max_parallel_may_be_expressions(expansions: Expand) -> None:
    strategy = (
        "strategy: {fail-fast: \"${{ github.actor != 'ada' }}\", "
        "max-parallel: \"${{ fromJSON('2') }}\", matrix: {v: [1, 2, 3]}}"
    )
    expansion = expansions(jobs(job("a", strategy)))["a"]
    assert (expansion.fail_fast, expansion.max_parallel) == (False, 2)
    assert all(m.strategy.max_parallel == 2 for m in expansion.members)  # type: ignore[union-attr]


def test_a_matrix_comes_whole_or_in_part_from_an_output(expansions: Expand) -> None:
    text = jobs(
        job("a"),
        job("b", "needs: a", "strategy: {matrix: '${{ fromJSON(needs.a.outputs.m) }}'}"),
        job("c", "needs: a", "strategy: {matrix: {v: '${{ fromJSON(needs.a.outputs.v) }}'}}"),
    )
    outputs = {"m": '{"v": [1], "include": [{"w": 2}]}', "v": "[3, 4]"}
    found = expansions(text, {"a": Need("success", outputs)})
    assert [m.matrix for m in found["b"].members] == [{"v": 1, "w": 2}]  # type: ignore[union-attr]
    assert names(found["c"]) == ["c (3)", "c (4)"]


def test_an_empty_output_as_a_matrix_fails_at_its_place(expansions: Expand) -> None:
    text = jobs(
        job("a"),
        job("b", "needs: a", "strategy: {matrix: {v: '${{ fromJSON(needs.a.outputs.v) }}'}}"),
    )
    problem = failure(expansions(text, {"a": Need("success", {"v": "[]"})})["b"])
    assert problem.startswith("ci.yml:8:28: error: Error when evaluating 'strategy' for job 'b'. ")
    assert "Matrix vector 'v' does not contain any values" in problem


def test_a_wrong_exclude_key_fails_at_its_place(expansions: Expand) -> None:
    text = jobs(
        job("a", "strategy: {matrix: {v: [1], exclude: [{v: 1}, {w: '${{ github.sha }}'}]}}")
    )
    problem = failure(expansions(text)["a"])
    assert "Matrix exclude key 'w' does not match any key within the matrix" in problem
    assert problem.startswith("ci.yml:4:52:")


def test_a_matrix_without_a_cell_left_runs_the_job_once(expansions: Expand) -> None:
    text = jobs(job("a", "strategy: {matrix: {v: [1], exclude: [{v: 1}]}}"))
    spec = only(expansions(text)["a"])
    assert (spec.name, spec.key, spec.matrix) == ("a", "a", None)
    assert spec.strategy.job_total == 1


def test_a_matrix_over_githubs_limit_runs_and_says_so(expansions: Expand) -> None:
    values = ", ".join(map(str, range(300)))
    request = jobs(job("a", f"strategy: {{matrix: {{v: [{values}], w: [1]}}}}"))
    expansion = expansions(request)["a"]
    assert len(expansion.members) == 300
    assert "makes 300 jobs; GitHub refuses more than 256" in str(expansion.problems[0])
    assert expansion.problems[0].severity == "warning"


def test_cells_may_be_selected(expansions: Expand) -> None:
    expansion = expansions(jobs(job("a", MATRIX)), cells={"V": ("2",)})["a"]
    assert names(expansion) == ["a (ubuntu-latest, 2)", "a (ubuntu-22.04, 2)"]
    assert [m.strategy.job_index for m in expansion.members] == [1, 3]  # type: ignore[union-attr]
    assert "2 of 4 cells selected" in expansion.why


def test_a_selection_that_fits_no_cell_says_so(expansions: Expand) -> None:
    member = only(expansions(jobs(job("a", MATRIX)), cells={"v": ("9",)})["a"])
    assert (member.kind, member.why) == ("unselected", "no cell of its matrix matches --matrix v:9")


def test_a_selection_leaves_jobs_without_that_key_alone(expansions: Expand) -> None:
    assert runs(expansions(jobs(job("a")), cells={"v": ("9",)})["a"])


def with_runner(runs_on: str, *lines: str) -> str:
    body = "\n    ".join([*lines, f"runs-on: {runs_on}", "steps: [{run: 'true'}]"])
    return f"jobs:\n  a:\n    {body}\n"


@pytest.mark.parametrize(
    ("runs_on", "labels"),
    [
        ("ubuntu-latest", ("ubuntu-latest",)),
        ("[self-hosted, linux, x64]", ("self-hosted", "linux", "x64")),
        ("{group: g, labels: ubuntu-latest}", ("ubuntu-latest",)),
        ("{group: org/ubuntu-runners}", ("ubuntu-runners",)),
        ("{labels: [ubuntu-latest, ubuntu-latest]}", ("ubuntu-latest",)),
        ("\"${{ github.nothing || 'ubuntu-22.04' }}\"", ("ubuntu-22.04",)),
        ('"${{ fromJSON(\'[\\"self-hosted\\", \\"linux\\"]\') }}"', ("self-hosted", "linux")),
        ('"${{ vars.OS }}-latest"', ("Ubuntu-latest",)),
    ],
)
def test_reads_the_labels_of_runs_on(
    expansions: Expand, runs_on: str, labels: tuple[str, ...]
) -> None:
    spec = only(expansions(with_runner(runs_on), vars={"OS": "Ubuntu"})["a"])
    assert isinstance(spec, JobSpec), spec
    assert spec.labels == labels
    assert spec.platform == "host"


@pytest.mark.parametrize("runs_on", ['"${{ github.nothing }}"', '["${{ github.nothing }}"]'])
def test_an_empty_label_fails_at_its_place(expansions: Expand, runs_on: str) -> None:
    problem = failure(expansions(with_runner(runs_on))["a"])
    assert problem.startswith("ci.yml:4:14: error: Error when evaluating 'runs-on' for job 'a'.")


def test_a_machine_that_is_not_here_fails_with_the_remedy(expansions: Expand) -> None:
    member = only(expansions(with_runner("windows-latest"))["a"])
    assert isinstance(member, Failed)
    assert "no such machine here: 'windows-latest' asks for Windows" in member.problem.message
    assert "--skip-unavailable" in member.problem.help
    assert "--platform windows-latest=host" in member.problem.help


def test_a_machine_that_is_not_here_may_be_skipped(expansions: Expand) -> None:
    text = with_runner("'${{ matrix.os }}'", "strategy: {matrix: {os: [ubuntu-latest, macos-14]}}")
    here, elsewhere = expansions(text, options={"skip_unavailable": True})["a"].members
    assert isinstance(here, JobSpec)
    assert isinstance(elsewhere, Skipped)
    assert (elsewhere.kind, elsewhere.name) == ("unavailable", "a (macos-14)")
    assert "macOS" in elsewhere.why


def test_the_specification_holds_all_a_runner_needs(expansions: Expand) -> None:
    text = """
    name: CI
    on: push
    env: {A: '${{ github.sha }}'}
    permissions: {contents: read}
    defaults: {run: {shell: sh}}
    jobs:
      a:
        runs-on: ubuntu-latest
        environment: {name: 'prod-${{ github.ref_name }}', url: 'https://${{ steps.x.outputs.u }}'}
        concurrency: {group: 'g-${{ github.actor }}', cancel-in-progress: true}
        timeout-minutes: ${{ fromJSON('5') }}
        continue-on-error: ${{ github.actor == 'ada' }}
        steps: [{run: 'true'}]
    """
    spec = only(expansions(text, secrets=("TOKEN",))["a"])
    assert spec.environment == "prod-main"
    assert (spec.concurrency.group.source, spec.concurrency.cancel_in_progress) == ("g-ada", True)
    assert (spec.timeout_minutes, spec.cancel_timeout_minutes) == (5, 5)
    assert spec.continue_on_error is True
    assert spec.permissions.scopes == {"contents": "read"}
    assert str(spec.defaults.shell) == "sh"
    assert spec.secrets == {"TOKEN": "TOKEN"}
    assert spec.github["workflow"] == "CI"
    assert spec.github["workflow_ref"] == "octo/repo/ci.yml@refs/heads/main"
    assert spec.github["sha"] == "1" * 40
    assert spec.workflow_path == "ci.yml"
    assert msgspec.json.decode(msgspec.json.encode(spec), type=JobSpec) == spec


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("timeout-minutes: ${{ vars.X }}", "'timeout-minutes' for job 'a'. Unexpected value 'x'"),
        (
            "continue-on-error: ${{ github.nothing }}",
            "'continue-on-error' for job 'a'. Unexpected value ''",
        ),
        (
            "concurrency: ${{ vars.NONE }}",
            "'concurrency' for job 'a'. Concurrency group name cannot be empty",
        ),
        (
            "concurrency: \"${{ format('{0}{0}{0}{0}{0}', vars.LONG) }}\"",
            "Concurrency group name must be less than 400 characters",
        ),
        ("name: ${{ fromJSON('{') }}", "'name' for job 'a'."),
        ("name: \"${{ fromJSON('[1]') }}\"", "A sequence was not expected"),
        ("if: fromJSON('{')", "Error when evaluating 'if' for job 'a'."),
        ("strategy: {fail-fast: '${{ vars.X }}'}", "'strategy' for job 'a'. Unexpected value 'x'"),
    ],
)
def test_a_field_that_cannot_be_used_fails_the_job_at_its_line(
    expansions: Expand, field: str, message: str
) -> None:
    problem = failure(expansions(jobs(job("a", field)), vars={"LONG": "x" * 100, "X": "x"})["a"])
    assert problem.startswith("ci.yml:4:")
    assert message in problem


def test_one_cell_that_cannot_be_used_leaves_the_others_alone(expansions: Expand) -> None:
    text = jobs(job("a", "strategy: {matrix: {v: [1, x]}}", "timeout-minutes: ${{ matrix.v }}"))
    good, bad = expansions(text)["a"].members
    assert isinstance(good, JobSpec)
    assert isinstance(bad, Failed)
    assert bad.name == "a (x)"


def test_a_skipped_job_shows_its_name_as_far_as_it_is_known(expansions: Expand) -> None:
    text = jobs(
        job("a", "if: false", "name: 'For ${{ github.actor }}'"),
        job("b", "if: false", "name: 'On ${{ matrix.v }}'", "strategy: {matrix: {v: [1]}}"),
    )
    found = expansions(text)
    assert names(found["a"]) == ["For ada"]
    assert names(found["b"]) == ["On ${{ matrix.v }}"]


def test_expanding_is_pure(make_request: Callable[..., Request], walk: Expand) -> None:
    plan = build(make_request(jobs(job("a", MATRIX))))
    before = msgspec.json.encode(plan.request.github)
    assert walk(plan) == walk(plan)
    assert msgspec.json.encode(plan.request.github) == before
