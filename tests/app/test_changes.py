"""Which files an event changed, held against real repositories."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentmesh.app import event
from agentmesh.app.changes import changed_files
from agentmesh.app.event import Numbers, Occasion, Wish
from agentmesh.app.git import find

Git = Callable[..., str]
Commit = Callable[..., str]


def derived(root: Path, name: str, payload: Mapping[str, Any] | None = None) -> Occasion:
    """The event of a run in a folder."""
    path = None
    if payload is not None:
        path = str(root.parent / "event.json")
        Path(path).write_text(json.dumps(payload))
    return event.derive(
        Wish(event=name, payload_path=path),
        str(root),
        find(str(root)),
        (),
        {"USER": "ada"},
        Numbers(now=datetime(2026, 1, 2, tzinfo=UTC)),
    )


def changed(root: Path, occasion: Occasion, *, committed: bool = False) -> set[str] | None:
    found = changed_files(find(str(root)), str(root), occasion.github, committed=committed)
    return None if found is None else set(found)


def test_a_push_changed_what_it_pushes_and_what_is_not_committed_yet(checkout: Path) -> None:
    (checkout / "src/a.py").write_text("changed")
    (checkout / "new.txt").write_text("new")
    occasion = derived(checkout, "push")
    assert changed(checkout, occasion) == {"src/a.py", "src/b.py", "new.txt"}
    assert changed(checkout, occasion, committed=True) == {"src/b.py"}


def test_ignored_files_do_not_count(checkout: Path, git: Git, commit: Commit) -> None:
    commit(checkout, ".gitignore", "*.log")
    (checkout / "x.log").write_text("")
    assert changed(checkout, derived(checkout, "push")) == {".gitignore"}


def test_a_pull_request_changed_what_the_branch_did_and_not_what_the_base_did(
    checkout: Path, git: Git, commit: Commit
) -> None:
    git(checkout, "checkout", "-q", "-b", "topic")
    commit(checkout, "topic.txt", "Topic")
    git(checkout, "checkout", "-q", "main")
    commit(checkout, "base.txt", "Base")
    git(checkout, "checkout", "-q", "topic")
    occasion = derived(checkout, "pull_request")
    assert changed(checkout, occasion) == {"topic.txt"}


def test_a_first_push_changed_everything(tmp_path: Path, git: Git, commit: Commit) -> None:
    root = tmp_path / "fresh"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    commit(root, "a", "First")
    assert changed(root, derived(root, "push")) == {"a"}


def test_both_names_of_a_renamed_file_have_changed(checkout: Path, git: Git) -> None:
    git(checkout, "mv", "src/a.py", "src/é.py")
    git(checkout, "commit", "-q", "-m", "Rename")
    assert changed(checkout, derived(checkout, "push")) == {"src/a.py", "src/é.py"}


def test_paths_start_at_the_project_inside_a_larger_repository(
    checkout: Path, git: Git, commit: Commit
) -> None:
    commit(checkout, "sub/dir/x", "Sub")
    root = checkout / "sub"
    found = changed_files(
        find(str(root)), str(root), derived(checkout, "push").github, committed=False
    )
    assert found == ("dir/x",)


def test_commits_of_a_payload_that_are_not_here_tell_what_they_changed(checkout: Path) -> None:
    payload: dict[str, Any] = {"before": "b" * 40, "after": "c" * 40}
    assert changed(checkout, derived(checkout, "push", payload)) is None
    payload["commits"] = [{"added": ["x"], "modified": ["y"], "removed": []}]
    assert changed(checkout, derived(checkout, "push", payload)) == {"x", "y"}


@pytest.mark.parametrize("odd", [None, [], "x", 3, [1, None, {"added": 3}]])
def test_a_payload_of_odd_types_is_no_obstacle(checkout: Path, odd: object) -> None:
    payload = {"commits": odd, "pull_request": odd, "before": odd}
    for repository in (None, find(str(checkout))):
        changed_files(repository, str(checkout), {"event": payload}, committed=False)
    assert changed_files(None, "/", {"event": odd}, committed=False) is None


def test_without_git_nobody_knows_what_changed(tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    assert changed(root, derived(root, "push")) is None
