"""A ref and changed files given by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app import git as repositories
from agentmesh.app.arguments import RunArguments
from agentmesh.app.hypothesis import Hypothesis, full, paths
from agentmesh.app.plan import prepare
from agentmesh.app.settings import Settings
from agentmesh.core.errors import WorkflowError
from agentmesh.plan.model import Request

Git = Callable[..., str]

WORKFLOW = """
on:
  push: {paths: ['src/**']}
  pull_request: {branches: [main, 'release/*']}
  release:
  schedule: [{cron: '0 0 * * *'}]
  workflow_run: {workflows: [CI]}
jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}
"""


@pytest.fixture
def supposed(checkout: Path, tmp_path: Path) -> Callable[..., Request]:
    """``supposed(event, ref=…, changed=…)``: the request that is planned from."""

    def make(event: str, payload: str | None = None, **given: object) -> Request:
        place = checkout / ".github/workflows"
        place.mkdir(parents=True, exist_ok=True)
        (place / "ci.yml").write_text(WORKFLOW)
        settings = Settings(store=str(tmp_path / "store"), directory=str(checkout))
        path = None
        if payload is not None:
            path = str(tmp_path / "event.json")
            Path(path).write_text(payload)
        arguments = RunArguments(event=event, event_path=path)
        hypothesis = Hypothesis(**given)  # type: ignore[arg-type]
        return prepare(arguments, settings, hypothesis=hypothesis).plan.request

    return make


@pytest.mark.parametrize(
    ("event", "ref", "fields"),
    [
        ("push", "feature", {"ref": "refs/heads/feature", "ref_name": "feature"}),
        ("push", "refs/tags/v1", {"ref": "refs/tags/v1", "ref_type": "tag"}),
        ("pull_request", "release/2", {"base_ref": "release/2", "ref": "refs/pull/1/merge"}),
        ("release", "v2", {"ref": "refs/tags/v2", "ref_type": "tag"}),
        ("workflow_dispatch", "dev", {"ref": "refs/heads/dev"}),
        ("create", "refs/tags/v3", {"ref": "refs/tags/v3"}),
        ("merge_group", "dev", {"ref_type": "branch"}),
    ],
)
def test_an_event_is_about_the_ref_that_is_given(
    supposed: Callable[..., Request], event: str, ref: str, fields: dict[str, str]
) -> None:
    github = supposed(event, ref=ref).github
    assert {name: github[name] for name in fields} == fields


def test_the_payload_names_the_ref_where_filters_look(supposed: Callable[..., Request]) -> None:
    event = supposed("workflow_run", ref="dev").github["event"]
    assert event["workflow_run"]["head_branch"] == "dev"
    event = supposed("merge_group", ref="dev").github["event"]
    assert event["merge_group"]["base_ref"] == "refs/heads/dev"
    assert supposed("create", ref="refs/tags/v3").github["event"]["ref_type"] == "tag"


def test_a_ref_by_hand_wins_over_the_payload_and_leaves_the_rest(
    supposed: Callable[..., Request],
) -> None:
    payload = '{"action": "closed", "pull_request": {"base": {"ref": "old"}}, "number": 7}'
    github = supposed("pull_request", payload, ref="new").github
    assert github["base_ref"] == "new"
    assert github["ref"] == "refs/pull/7/merge"
    assert github["event"]["action"] == "closed"


def test_files_by_hand_are_all_that_changed(supposed: Callable[..., Request]) -> None:
    assert supposed("push", changed=("a", "b")).changed_files == ("a", "b")
    assert supposed("push", changed=()).changed_files == ()


def test_of_another_branch_only_its_commits_have_changed(
    supposed: Callable[..., Request], checkout: Path, git: Git, commit: Callable[..., str]
) -> None:
    git(checkout, "checkout", "-q", "-b", "side")
    sha = commit(checkout, "src/side.py", "Side")
    git(checkout, "checkout", "-q", "main")
    (checkout / "src/dirty.py").write_text("")
    request = supposed("push", ref="side")
    assert request.github["sha"] == sha
    assert request.changed_files == ("src/side.py",)
    assert "src/dirty.py" in (supposed("push", ref="main").changed_files or ())
    assert (
        supposed("pull_request", ref="side").github["event"]["pull_request"]["base"]["sha"] == sha
    )


def test_an_annotated_tag_means_its_commit(
    supposed: Callable[..., Request], checkout: Path, git: Git
) -> None:
    head = git(checkout, "rev-parse", "HEAD")
    git(checkout, "tag", "-a", "-m", "one", "v1")
    assert supposed("push", ref="v1").github["sha"] == head


def test_a_branch_of_the_origin_has_its_commit(
    supposed: Callable[..., Request], checkout: Path, git: Git
) -> None:
    first = git(checkout, "rev-parse", "HEAD~1")
    git(checkout, "update-ref", "refs/remotes/origin/far", first)
    assert supposed("push", ref="far").github["sha"] == first


def test_short_names_are_tags_where_only_a_tag_has_them(checkout: Path, git: Git) -> None:
    git(checkout, "tag", "v1")
    git(checkout, "tag", "main")
    repository = repositories.find(str(checkout))
    assert full("v1", "push", repository) == "refs/tags/v1"
    assert full("main", "push", repository) == "refs/heads/main"
    assert full("new", "push", repository) == "refs/heads/new"
    assert full("new", "release", None) == "refs/tags/new"
    assert full("refs/pull/1/merge", "push", None) == "refs/pull/1/merge"


def test_an_event_without_a_ref_of_its_own_is_refused(supposed: Callable[..., Request]) -> None:
    with pytest.raises(WorkflowError, match="always about the default branch"):
        supposed("schedule", ref="dev")


@pytest.mark.parametrize("ref", ["", "a b", "../../x", "refs/heads/../x", "-x", "a~1", "x.lock"])
def test_what_can_be_no_ref_is_refused(supposed: Callable[..., Request], ref: str) -> None:
    with pytest.raises(WorkflowError, match="no name of a branch or a tag"):
        supposed("push", ref=ref)


def test_files_are_named_from_the_root() -> None:
    given = ("src/a", "./b", "/root/c", "/root/sub/d", "", "src/a")
    assert paths(given, "/root", "/root/sub") == ("src/a", "b", "c", "sub/d")
    assert paths(("",), "/root", "/root") == ()


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", ".", "a/../.."])
def test_a_file_outside_is_refused(path: str) -> None:
    with pytest.raises(WorkflowError, match="no file of /root"):
        paths((path,), "/root", "/root")
