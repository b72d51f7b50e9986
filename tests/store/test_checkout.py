"""Git's and plain folders' files: resolved, extracted, copied, digested."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.store import checkout

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(
        ("git", *identity, *arguments), cwd=folder, env=ENV, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with an executable, a link, a tag and a branch."""
    folder = tmp_path / "repository"
    (folder / "sub").mkdir(parents=True)
    (folder / "action.yml").write_text("name: x")
    (folder / "sub" / "run.sh").write_text("#!/bin/sh")
    (folder / "sub" / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("sub/run.sh")
    git(folder, "init", "--quiet", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "tag", "-a", "v1", "-m", "v1")
    (folder / "two").write_text("2")
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "-m", "two")
    return folder


def test_a_repository_is_told_from_a_plain_folder(repository: Path, tmp_path: Path) -> None:
    assert checkout.git_dir(str(repository)) == str(repository / ".git")
    assert checkout.git_dir(str(repository / ".git")) == str(repository / ".git")
    assert checkout.git_dir(str(tmp_path)) == ""


def test_tags_branches_and_commits_are_resolved(repository: Path) -> None:
    one, two = git(repository, "rev-parse", "v1^{commit}"), git(repository, "rev-parse", "main")
    place = str(repository / ".git")
    assert checkout.resolve(place, "v1", ENV) == one
    assert checkout.resolve(place, "main", ENV) == two
    assert checkout.resolve(place, two, ENV) == two
    assert checkout.resolve(place, "v2", ENV) == ""
    assert checkout.resolve(place, "HEAD~1", ENV) == ""  # no ref, but an expression


def test_a_linked_worktree_is_a_repository(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", str(tmp_path / "tree"), "v1")
    place = checkout.git_dir(str(tmp_path / "tree"))
    commit = checkout.resolve(place, "main", ENV)
    assert commit
    checkout.extract(place, commit, str(tmp_path / "out"), ENV)
    assert (tmp_path / "out" / "two").read_text() == "2"


def test_a_commit_and_a_copy_of_its_files_have_one_digest(repository: Path, tmp_path: Path) -> None:
    commit = checkout.resolve(str(repository / ".git"), "main", ENV)
    checkout.extract(str(repository / ".git"), commit, str(tmp_path / "a"), ENV)
    checkout.copy(str(repository), str(tmp_path / "b"))
    digests = {checkout.digest(str(p)) for p in (repository, tmp_path / "a", tmp_path / "b")}
    assert len(digests) == 1
    assert os.access(tmp_path / "a" / "sub" / "run.sh", os.X_OK)
    assert os.readlink(tmp_path / "b" / "link") == "sub/run.sh"
    assert not (tmp_path / "b" / ".git").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda f: (f / "two").write_text("3"),
        lambda f: (f / "two").chmod(0o755),
        lambda f: (f / "two").rename(f / "three"),
        lambda f: (f / "more").write_text(""),
        lambda f: ((f / "link").unlink(), (f / "link").symlink_to("two")),
    ],
)
def test_a_digest_changes_with_what_counts(repository: Path, change: object) -> None:
    before = checkout.digest(str(repository))
    os.utime(repository / "two", (1, 1))
    (repository / "empty").mkdir()
    assert checkout.digest(str(repository)) == before
    change(repository)  # type: ignore[operator]
    assert checkout.digest(str(repository)) != before


def test_a_server_is_asked_for_refs(repository: Path) -> None:
    address = f"file://{repository}"
    assert checkout.look_up(address, "v1", ENV) == git(repository, "rev-parse", "v1^{commit}")
    with pytest.raises(SetupError, match="no branch or tag 'v9'"):
        checkout.look_up(address, "v9", ENV)


def test_a_server_that_does_not_answer_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(checkout.Unreachable) as caught:
        checkout.look_up("http://user:hunter2@127.0.0.1:9/a/b", "v1", ENV)
    assert "--action-source" in caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_a_commit_is_fetched_without_its_history(repository: Path, tmp_path: Path) -> None:
    commit = git(repository, "rev-parse", "main")
    store = str(tmp_path / "s" / "a" / "b.git")
    checkout.fetch(store, f"file://{repository}", commit, "main", ENV)
    assert checkout.has(store, commit, ENV)
    assert not checkout.has(store, git(repository, "rev-parse", "v1^{commit}"), ENV)


def test_a_missing_git_is_named() -> None:
    with pytest.raises(SetupError, match="git is not installed"):
        checkout.look_up("file:///x", "v1", {"PATH": "/nonexistent"})
