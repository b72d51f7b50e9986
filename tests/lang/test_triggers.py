"""Does a workflow run for an event, and does it say which clause decided?"""

from __future__ import annotations

from typing import Any

import pytest

from agentmesh.lang.parse import workflow as parse
from agentmesh.lang.triggers import Decision, decide, filters_paths


def decided(
    on: str,
    event: str,
    *,
    changed: tuple[str, ...] | None = (),
    payload: dict[str, Any] | None = None,
    **github: str,
) -> Decision:
    """The decision about a workflow whose ``on`` is this text."""
    text = f"on: {on}\njobs: {{a: {{runs-on: ubuntu-latest, steps: [{{run: 'true'}}]}}}}\n"
    workflow, problems = parse(text, "ci.yml")
    assert workflow is not None, problems
    ref = github.get("ref", "refs/heads/main")
    context = {"event_name": event, "event": payload or {}, "ref": ref, **github}
    context.setdefault("ref_name", ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    return decide(workflow, context, changed)


def test_runs_for_an_event_it_listens_to() -> None:
    assert decided("push", "push") == Decision(True, "on push")


def test_does_not_run_for_another_event_and_says_what_it_listens_to() -> None:
    decision = decided("[push, release]", "pull_request")
    assert decision == Decision(
        False, "not triggered by pull_request: on has push, release", heard=False
    )


@pytest.mark.parametrize(
    ("on", "ref", "runs", "why"),
    [
        (
            "{push: {branches: [main, 'rel/**']}}",
            "refs/heads/rel/1/2",
            True,
            "on.push.branches has 'rel/**' for 'rel/1/2'",
        ),
        (
            "{push: {branches: [main]}}",
            "refs/heads/x",
            False,
            "on.push.branches has nothing for 'x'",
        ),
        (
            "{push: {branches: ['**', '!main']}}",
            "refs/heads/main",
            False,
            "on.push.branches has '!main' for 'main'",
        ),
        (
            "{push: {branches-ignore: [main]}}",
            "refs/heads/main",
            False,
            "on.push.branches-ignore has 'main' for 'main'",
        ),
        (
            "{push: {branches-ignore: [main]}}",
            "refs/heads/x",
            True,
            "on.push.branches-ignore has nothing for 'x'",
        ),
        ("{push: {tags: ['v*']}}", "refs/tags/v1", True, "on.push.tags has 'v*' for 'v1'"),
        (
            "{push: {tags: ['v*']}}",
            "refs/heads/v1",
            False,
            "on.push has tags alone, and branch 'v1' was pushed",
        ),
        (
            "{push: {branches: [main]}}",
            "refs/tags/v1",
            False,
            "on.push has branches alone, and tag 'v1' was pushed",
        ),
        (
            "{push: {branches: [main], tags-ignore: [v1]}}",
            "refs/tags/v2",
            True,
            "on.push.tags-ignore has nothing for 'v2'",
        ),
    ],
)
def test_a_push_is_filtered_by_its_ref(on: str, ref: str, runs: bool, why: str) -> None:
    assert decided(on, "push", ref=ref) == Decision(runs, why)


def test_paths_want_one_changed_file() -> None:
    on = "{push: {paths: ['src/**', '!src/docs/**']}}"
    assert decided(on, "push", changed=("README.md", "src/a.py")) == Decision(
        True, "on.push.paths has 'src/**' for 'src/a.py'"
    )
    assert decided(on, "push", changed=("src/docs/a.md", "x")) == Decision(
        False, "on.push.paths has nothing for 'src/docs/a.md' and 1 more"
    )


def test_paths_ignore_wants_one_file_that_is_left() -> None:
    on = "{push: {paths-ignore: ['docs/**']}}"
    assert decided(on, "push", changed=("docs/a", "src/a")).runs
    assert decided(on, "push", changed=("docs/a",)) == Decision(
        False, "on.push.paths-ignore leaves nothing of 'docs/a'"
    )


def test_no_changed_file_does_not_run() -> None:
    assert decided("{push: {paths: ['**']}}", "push", changed=()) == Decision(
        False, "on.push.paths has nothing for no changed file"
    )
    assert not decided("{push: {paths-ignore: [a]}}", "push", changed=()).runs


def test_it_runs_where_nobody_knows_what_changed() -> None:
    decision = decided("{push: {paths: [a]}}", "push", changed=None)
    assert decision == Decision(True, "on.push.paths not applied: what changed is not known")


def test_branches_and_paths_must_both_hold() -> None:
    on = "{push: {branches: [main], paths: [a]}}"
    assert decided(on, "push", changed=("a",)).runs
    assert not decided(on, "push", changed=("b",)).runs
    assert not decided(on, "push", changed=("a",), ref="refs/heads/x").runs


def test_paths_are_not_looked_at_for_tags() -> None:
    on = "{push: {tags: ['*'], paths: [a]}}"
    assert decided(on, "push", changed=("b",), ref="refs/tags/v1").runs


def test_all_changed_files_count_not_only_the_first_300() -> None:
    changed = (*(f"docs/{n}" for n in range(500)), "src/a")
    assert decided("{push: {paths: ['src/**']}}", "push", changed=changed).runs


def test_a_pull_request_is_filtered_by_its_base() -> None:
    on = "{pull_request: {branches: [main]}}"
    pull = {"action": "opened"}
    assert decided(on, "pull_request", payload=pull, base_ref="main", head_ref="x").runs
    assert not decided(on, "pull_request", payload=pull, base_ref="dev", head_ref="main").runs


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target"])
def test_pull_requests_have_default_types(event: str) -> None:
    for action in ("opened", "synchronize", "reopened"):
        assert decided(event, event, payload={"action": action}).runs
    assert decided(event, event, payload={"action": "labeled"}) == Decision(
        False,
        f"on.{event}.types (by default) is opened, synchronize, reopened, not 'labeled'",
    )


def test_other_events_run_for_every_type_unless_types_are_named() -> None:
    assert decided("issues", "issues", payload={"action": "labeled"}).runs
    on = "{issues: {types: [opened]}}"
    assert decided(on, "issues", payload={"action": "opened"}).why == "on.issues.types has 'opened'"
    assert not decided(on, "issues", payload={"action": "labeled"}).runs


def test_a_schedule_runs_for_its_own_cron_only() -> None:
    on = "{schedule: [{cron: '0 1 * * *'}, {cron: '0 2 * * *'}]}"
    assert decided(on, "schedule", payload={"schedule": "0 2 * * *"}).runs
    assert not decided(on, "schedule", payload={"schedule": "0 3 * * *"}).runs
    assert decided(on, "schedule").runs


def test_a_workflow_run_is_filtered_by_name_branch_and_type() -> None:
    on = "{workflow_run: {workflows: [Build], types: [completed], branches: [main]}}"

    def runs(action: str, name: str, branch: str) -> bool:
        run = {"name": name, "head_branch": branch}
        return decided(on, "workflow_run", payload={"action": action, "workflow_run": run}).runs

    assert runs("completed", "Build", "main")
    assert not runs("requested", "Build", "main")
    assert not runs("completed", "Other", "main")
    assert not runs("completed", "Build", "dev")


def test_a_merge_group_is_filtered_by_its_base() -> None:
    on = "{merge_group: {branches: [main]}}"
    for base, runs in (("refs/heads/main", True), ("refs/heads/dev", False)):
        payload = {"action": "checks_requested", "merge_group": {"base_ref": base}}
        assert decided(on, "merge_group", payload=payload).runs is runs


def test_tells_who_needs_to_know_what_changed() -> None:
    def wants(on: str, event: str) -> bool:
        text = f"on: {on}\njobs: {{a: {{runs-on: x, steps: [{{run: 'true'}}]}}}}\n"
        workflow, _ = parse(text, "ci.yml")
        assert workflow is not None
        return filters_paths((workflow,), event)

    on = "{push: {paths: [a]}, pull_request: {paths-ignore: [a]}, issues: }"
    assert wants(on, "push")
    assert wants(on, "pull_request")
    assert not wants(on, "issues")
    assert not wants(on, "release")
