"""The github context of a run: from git, from a payload, and from what nobody said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentmesh.app import event
from agentmesh.app.event import Numbers, Occasion, Wish
from agentmesh.app.git import ZEROS, find
from agentmesh.core.errors import WorkflowError
from agentmesh.lang.events import TYPES
from agentmesh.lang.model import Workflow
from agentmesh.lang.parse import workflow as parse

Git = Callable[..., str]
Commit = Callable[..., str]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JOBS = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"

KEYS = {
    "actor",
    "actor_id",
    "api_url",
    "base_ref",
    "event",
    "event_name",
    "graphql_url",
    "head_ref",
    "ref",
    "ref_name",
    "ref_protected",
    "ref_type",
    "repository",
    "repositoryUrl",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "retention_days",
    "run_attempt",
    "run_id",
    "run_number",
    "secret_source",
    "server_url",
    "sha",
    "triggering_actor",
}


def listening(*on: str) -> tuple[Workflow, ...]:
    found = []
    for number, text in enumerate(on):
        workflow, problems = parse(f"on: {text}\n{JOBS}", f"w{number}.yml")
        assert workflow is not None, problems
        found.append(workflow)
    return tuple(found)


def derived(
    root: Path,
    name: str | None = None,
    payload: Mapping[str, Any] | None = None,
    *,
    on: tuple[str, ...] = ("push",),
    inputs: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Occasion:
    path = None
    if payload is not None:
        path = str(root.parent / "event.json")
        Path(path).write_text(json.dumps(payload))
    return event.derive(
        Wish(event=name, payload_path=path, inputs=inputs or {}),
        str(root),
        find(str(root)),
        listening(*on),
        environ if environ is not None else {"HOME": str(root.parent)},
        Numbers(now=NOW, run_id="7", run_number=7),
    )


def test_a_push_is_made_of_what_is_checked_out(checkout: Path, git: Git) -> None:
    github = derived(checkout, "push").github
    sha, parent = git(checkout, "rev-parse", "HEAD"), git(checkout, "rev-parse", "HEAD^")
    assert set(github) == KEYS
    assert github["sha"] == sha
    assert (github["ref"], github["ref_name"], github["ref_type"]) == (
        "refs/heads/main",
        "main",
        "branch",
    )
    assert (github["repository"], github["repository_owner"]) == ("octo/repo", "octo")
    assert (github["actor"], github["triggering_actor"]) == ("Ada-Lovelace", "Ada-Lovelace")
    assert (github["head_ref"], github["base_ref"]) == ("", "")
    assert (github["run_id"], github["run_number"], github["run_attempt"]) == ("7", "7", "1")
    payload = github["event"]
    assert (payload["before"], payload["after"]) == (parent, sha)
    assert payload["head_commit"]["message"] == "Second\n\nbody"
    assert payload["head_commit"]["author"]["name"] == "Ada"
    assert payload["repository"]["full_name"] == "octo/repo"
    assert payload["repository"]["default_branch"] == "main"
    assert payload["pusher"]["name"] == payload["sender"]["login"] == "Ada-Lovelace"


def test_what_the_origin_has_already_is_what_was_before(
    checkout: Path, git: Git, commit: Commit
) -> None:
    first = git(checkout, "rev-list", "--max-parents=0", "HEAD")
    git(checkout, "update-ref", "refs/remotes/origin/main", first)
    commit(checkout, "c", "Third")
    assert derived(checkout, "push").github["event"]["before"] == first


def test_a_first_commit_has_nothing_before_it(tmp_path: Path, git: Git, commit: Commit) -> None:
    root = tmp_path / "fresh"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    payload = derived(root, "push").github["event"]
    assert (payload["after"], payload["before"]) == (ZEROS, ZEROS)
    assert payload["head_commit"] is None
    commit(root, "a", "First")
    payload = derived(root, "push").github["event"]
    assert (payload["before"], payload["created"]) == (ZEROS, True)


def test_a_pull_request_goes_from_the_branch_to_the_default_one(
    checkout: Path, git: Git, commit: Commit
) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "-q", "-b", "topic")
    sha = commit(checkout, "c", "Add c\n\nfor good")
    github = derived(checkout, "pull_request", on=("pull_request",)).github
    assert (github["head_ref"], github["base_ref"]) == ("topic", "main")
    assert (github["ref"], github["ref_name"], github["sha"]) == (
        "refs/pull/1/merge",
        "1/merge",
        sha,
    )
    payload = github["event"]
    assert (payload["action"], payload["number"]) == ("opened", 1)
    pull = payload["pull_request"]
    assert (pull["title"], pull["body"], pull["draft"]) == ("Add c", "for good", False)
    assert (pull["head"]["sha"], pull["base"]["sha"]) == (sha, base)
    assert pull["head"]["repo"]["full_name"] == "octo/repo"


def test_a_pull_request_target_is_about_the_base(checkout: Path, git: Git, commit: Commit) -> None:
    base = git(checkout, "rev-parse", "HEAD")
    git(checkout, "checkout", "-q", "-b", "topic")
    commit(checkout, "c", "Third")
    github = derived(checkout, "pull_request_target", on=("pull_request_target",)).github
    assert (github["ref"], github["sha"]) == ("refs/heads/main", base)
    assert github["head_ref"] == "topic"


def test_a_tag_that_is_checked_out_is_pushed(checkout: Path, git: Git) -> None:
    git(checkout, "tag", "v1.2")
    git(checkout, "checkout", "-q", "--detach")
    github = derived(checkout, "push").github
    assert (github["ref"], github["ref_type"], github["ref_name"]) == (
        "refs/tags/v1.2",
        "tag",
        "v1.2",
    )


def test_a_detached_head_stands_for_a_branch_that_points_to_it(checkout: Path, git: Git) -> None:
    git(checkout, "checkout", "-q", "--detach")
    occasion = derived(checkout, "push")
    assert (occasion.github["ref"], occasion.notices) == ("refs/heads/main", ())
    git(checkout, "checkout", "-q", "HEAD^")
    occasion = derived(checkout, "push")
    assert occasion.github["ref"] == "refs/heads/main"
    assert "HEAD is detached" in occasion.notices[0]


def test_a_release_is_about_its_tag(checkout: Path, git: Git) -> None:
    git(checkout, "tag", "v2")
    github = derived(checkout, "release", on=("{release: {types: [published]}}",)).github
    assert github["ref"] == "refs/tags/v2"
    assert github["event"]["action"] == "published"
    assert github["event"]["release"]["tag_name"] == "v2"


def test_other_events_are_about_the_default_branch(checkout: Path, git: Git) -> None:
    git(checkout, "checkout", "-q", "-b", "topic")
    github = derived(checkout, "issues", on=("issues",)).github
    assert (github["ref"], github["event"]["action"]) == ("refs/heads/main", "opened")
    assert github["event"]["issue"]["number"] == 1


def test_a_schedule_has_the_first_cron(checkout: Path) -> None:
    on = ("{schedule: [{cron: '5 4 * * *'}, {cron: '6 4 * * *'}]}",)
    assert derived(checkout, "schedule", on=on).github["event"]["schedule"] == "5 4 * * *"


def test_a_made_up_event_has_a_type_that_somebody_wants(checkout: Path) -> None:
    def action(*on: str) -> str:
        return str(derived(checkout, "pull_request", on=on).github["event"]["action"])

    assert action("{pull_request: {types: [labeled, closed]}}") == "labeled"
    assert action("{pull_request: {types: [closed, synchronize]}}") == "synchronize"
    assert action("{pull_request: {types: [labeled]}}", "pull_request") == "opened"


def test_inputs_show_in_the_payload_even_where_nobody_declares_them(checkout: Path) -> None:
    github = derived(checkout, "push", inputs={"x": "1"}).github
    assert github["event"]["inputs"] == {"x": "1"}
    payload = {"inputs": {"x": "0", "y": "2"}}
    github = derived(checkout, "workflow_dispatch", payload, inputs={"x": "1"}).github
    assert github["event"]["inputs"] == {"x": "1", "y": "2"}


def test_what_the_payload_says_wins_and_what_it_lacks_is_made_up(checkout: Path) -> None:
    payload = {
        "sender": {"login": "grace"},
        "repository": {"full_name": "acme/tool", "default_branch": "trunk"},
        "ref": "refs/heads/dev",
        "after": "a" * 40,
        "head_commit": {"message": "[skip] this"},
    }
    github = derived(checkout, "push", payload).github
    assert (github["actor"], github["repository"]) == ("grace", "acme/tool")
    assert (github["ref"], github["sha"]) == ("refs/heads/dev", "a" * 40)
    assert github["event"]["head_commit"]["message"] == "[skip] this"
    assert github["event"]["head_commit"]["author"]["name"] == "Ada"
    assert github["event"]["repository"]["owner"]["login"] == "acme"


def test_a_pull_request_payload_decides_about_refs(checkout: Path) -> None:
    pull = {"head": {"ref": "fix"}, "base": {"ref": "release"}}
    github = derived(checkout, "pull_request", {"number": 42, "pull_request": pull}).github
    assert (github["ref"], github["head_ref"], github["base_ref"]) == (
        "refs/pull/42/merge",
        "fix",
        "release",
    )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"pull_request": {}}, "pull_request"),
        ({"pull_request": {}, "review": {}}, "pull_request_review"),
        ({"release": {}}, "release"),
        ({"issue": {}, "comment": {}}, "issue_comment"),
        ({"issue": {}}, "issues"),
        ({"schedule": "x"}, "schedule"),
        ({"client_payload": {}}, "repository_dispatch"),
        ({"inputs": {}}, "workflow_dispatch"),
        ({"before": "x", "ref": "refs/heads/x"}, "push"),
        ({}, "push"),
    ],
)
def test_tells_the_event_from_its_payload(
    checkout: Path, payload: dict[str, Any], expected: str
) -> None:
    occasion = derived(checkout, None, payload)
    assert occasion.event == expected
    assert expected in occasion.notices[0]


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (("push",), "push"),
        (("release", "push"), "push"),
        (("{push: {branches: [dev]}, pull_request: }",), "pull_request"),
        (("{push: {branches: [dev]}}",), "push"),
        (("workflow_dispatch",), "workflow_dispatch"),
        (("workflow_call",), "workflow_call"),
        (("release",), "release"),
        (("{schedule: [{cron: '1 1 * * *'}], issues: }",), "schedule"),
    ],
)
def test_takes_the_first_likely_event_that_would_run_something(
    checkout: Path, on: tuple[str, ...], expected: str
) -> None:
    occasion = derived(checkout, on=on)
    assert occasion.event == expected
    assert bool(occasion.notices) is (expected != "push")


def test_an_unknown_event_is_refused_with_a_suggestion(checkout: Path) -> None:
    with pytest.raises(WorkflowError, match="there is no event 'pull-request'") as raised:
        derived(checkout, "pull-request")
    assert raised.value.remedy.startswith("did you mean pull_request?")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n  "b": }', r"event.json:2:8: the event payload is no JSON"),
        ("[1]", r"event.json:1:1: the event payload is no JSON object"),
        ("", r"event.json:1:1: the event payload is no JSON"),
    ],
)
def test_a_payload_that_cannot_be_used_is_refused_at_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "event.json"
    path.write_text(text)
    with pytest.raises(WorkflowError, match=message):
        event.read_payload(str(path))


def test_a_payload_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="cannot be read: No such file"):
        event.read_payload(str(tmp_path / "none.json"))
    (tmp_path / "latin").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(WorkflowError, match="not UTF-8"):
        event.read_payload(str(tmp_path / "latin"))


def test_a_folder_that_no_repository_can_be_called_gives_a_name_with_dashes(
    tmp_path: Path,
) -> None:
    root = tmp_path / "my prøject's"
    root.mkdir()
    github = derived(root, "push", environ={"USER": "ada"}).github
    assert github["repository"] == "ada/my-pr-ject-s"


def test_a_folder_without_git_works_and_says_what_is_missing(tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    occasion = derived(root, "push", environ={"USER": "ada"})
    assert occasion.github["sha"] == ZEROS
    assert occasion.github["repository"] == "ada/plain"
    assert (occasion.github["actor"], occasion.github["ref"]) == ("ada", "refs/heads/main")
    assert "no git repository" in occasion.notices[0]


def test_the_user_comes_from_the_repository_then_the_home_then_the_environment(
    checkout: Path, git: Git
) -> None:
    git(checkout, "config", "--unset", "user.name")
    environ = {"HOME": str(checkout.parent), "USER": "unix"}
    assert derived(checkout, "push", environ=environ).github["actor"] == "unix"
    (checkout.parent / ".gitconfig").write_text("[user]\n\tname = At Home\n")
    assert derived(checkout, "push", environ=environ).github["actor"] == "At-Home"


def test_the_default_branch_is_the_origins(checkout: Path, git: Git) -> None:
    repository = find(str(checkout))
    assert repository is not None
    assert event.default_branch(repository, "topic") == "main"
    git(checkout, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert event.default_branch(repository, "topic") == "trunk"


ODD: tuple[Any, ...] = (None, [], "x", 3, {"head": None, "base": 3, "login": 4, "full_name": 5})


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_payload_of_odd_types_still_makes_a_context(tmp_path: Path, name: str) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    subjects = ("repository", "sender", "pull_request", "ref", "after", "inputs", "release")
    for key in (*subjects, "workflow_run", "merge_group", "deployment", "number", "commits"):
        for value in ODD:
            github = derived(root, name, {key: value}, environ={"USER": "ada"}).github
            assert set(github) == KEYS
            assert isinstance(github["ref"], str)
            assert isinstance(github["sha"], str)
