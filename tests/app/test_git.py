"""What git's files say, held against git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.app import git
from agentmesh.app.git import Repository, find, read_config, repository_of

Git = Callable[..., str]


@pytest.fixture
def run_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Git in a folder, as Ada, without anybody's own configuration."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada Lovelace")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.com")
        monkeypatch.setenv(f"GIT_{who}_DATE", "2026-01-02T03:04:05+0530")

    def run(folder: Path, *args: str) -> str:
        command = ["git", *args]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def checkout(tmp_path: Path, run_git: Git) -> Path:
    """A repository on ``main`` with two commits."""
    root = tmp_path / "repo"
    root.mkdir()
    run_git(root, "init", "-q", "-b", "main")
    for number in (1, 2):
        (root / "file").write_text(f"{number}\n" * 50)
        run_git(root, "add", "-A")
        run_git(root, "commit", "-q", "-m", f"Commit {number}\n\nWith a body\nof two lines")
    return root


def opened(folder: Path) -> Repository:
    repository = find(str(folder))
    assert repository is not None
    return repository


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a process is started."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)


def test_finds_the_repository_from_a_folder_inside_it(checkout: Path) -> None:
    inner = checkout / "a" / "b"
    inner.mkdir(parents=True)
    assert opened(inner).root == str(checkout)


def test_there_may_be_no_repository(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    assert find(str(folder)) is None


def test_reads_head_and_commit_without_a_process(
    checkout: Path, run_git: Git, request: pytest.FixtureRequest
) -> None:
    sha = run_git(checkout, "rev-parse", "HEAD")
    parent = run_git(checkout, "rev-parse", "HEAD^")
    tree = run_git(checkout, "rev-parse", "HEAD^{tree}")
    request.getfixturevalue("no_process")
    repository = opened(checkout)
    assert (repository.head().ref, repository.head().sha) == ("refs/heads/main", sha)
    commit = repository.commit(sha)
    assert commit is not None
    assert (commit.tree, commit.parents) == (tree, (parent,))
    assert commit.message == "Commit 2\n\nWith a body\nof two lines"
    assert (commit.author.name, commit.author.email) == ("Ada Lovelace", "ada@example.com")
    assert (commit.author.time, commit.author.zone) == (1767303245, "+0530")


def test_reads_packed_refs_and_objects_without_a_process(
    checkout: Path, run_git: Git, request: pytest.FixtureRequest
) -> None:
    run_git(checkout, "tag", "-a", "v1", "-m", "annotated")
    run_git(checkout, "tag", "light")
    run_git(checkout, "gc", "-q", "--aggressive")
    sha = run_git(checkout, "rev-parse", "HEAD")
    assert not (checkout / ".git/refs/heads/main").exists()
    request.getfixturevalue("no_process")
    repository = opened(checkout)
    assert repository.head().sha == sha
    commit = repository.commit(sha)
    assert commit is not None
    assert commit.message.startswith("Commit 2")
    assert repository.refs_at(sha, "refs/tags/") == ["light", "v1"]


def test_asks_git_for_commits_that_are_stored_as_a_difference(checkout: Path, run_git: Git) -> None:
    for number in range(30):
        body = "\n".join(f"line {n} of a long message" for n in range(60))
        run_git(checkout, "commit", "-q", "--allow-empty", "-m", f"Number {number}\n\n{body}")
    run_git(checkout, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
    repository = opened(checkout)
    for sha in run_git(checkout, "rev-list", "HEAD").split():
        commit = repository.commit(sha)
        assert commit is not None
        assert commit.message == run_git(checkout, "log", "-1", "--format=%B", sha)


def test_every_packed_commit_reads_as_git_reads_it(checkout: Path, run_git: Git) -> None:
    for number in range(20):
        run_git(checkout, "commit", "-q", "--allow-empty", "-m", f"Number {number}")
    run_git(checkout, "gc", "-q")
    repository = opened(checkout)
    log = run_git(checkout, "log", "--format=%H %T %s")
    for line in log.splitlines():
        sha, tree, subject = line.split(" ", 2)
        commit = repository.commit(sha)
        assert commit is not None
        assert (commit.tree, commit.message.partition("\n")[0]) == (tree, subject)


def test_a_commit_that_is_not_here_is_none(checkout: Path) -> None:
    assert opened(checkout).commit("1" * 40) is None


def test_head_may_be_detached(checkout: Path, run_git: Git) -> None:
    sha = run_git(checkout, "rev-parse", "HEAD^")
    run_git(checkout, "checkout", "-q", sha)
    assert (opened(checkout).head().ref, opened(checkout).head().sha) == ("", sha)


def test_a_repository_without_a_commit_has_a_branch_and_no_sha(
    tmp_path: Path, run_git: Git
) -> None:
    run_git(tmp_path, "init", "-q", "-b", "trunk", "new")
    head = opened(tmp_path / "new").head()
    assert (head.ref, head.sha) == ("refs/heads/trunk", "")


def test_a_linked_worktree_has_its_own_head_and_shared_refs(
    checkout: Path, tmp_path: Path, run_git: Git
) -> None:
    run_git(checkout, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "side")
    repository = opened(tmp_path / "tree")
    assert repository.root == str(tmp_path / "tree")
    assert repository.head().ref == "refs/heads/side"
    assert repository.sha("refs/heads/main") == run_git(checkout, "rev-parse", "main")
    assert repository.commit(repository.head().sha) is not None


def test_borrowed_objects_are_found(checkout: Path, tmp_path: Path, run_git: Git) -> None:
    run_git(tmp_path, "clone", "-q", "--shared", str(checkout), "copy")
    repository = opened(tmp_path / "copy")
    commit = repository.commit(repository.head().sha)
    assert commit is not None
    assert commit.message.startswith("Commit 2")
    assert repository.sha("refs/remotes/origin/HEAD") == repository.head().sha


def test_reads_a_configuration_as_git_does(tmp_path: Path, run_git: Git) -> None:
    run_git(tmp_path, "init", "-q", "repo")
    root = tmp_path / "repo"
    for key, value in (
        ("user.name", 'A "quoted" name # no comment'),
        ("remote.origin.url", "https://example.com/o/r.git"),
        ("branch.a/b.c.remote", "with space ; and more"),
    ):
        run_git(root, "config", key, value)
    with (root / ".git/config").open("a") as config:
        config.write("[alone]\n\tflag\n[Section] key = value ; comment\n")
    values = opened(root).config()
    for line in run_git(root, "config", "--list", "--local").splitlines():
        key, equals, value = line.partition("=")
        assert values[key] == (value if equals else "true")
    assert read_config(str(tmp_path / "nowhere")) == {}


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/octo/repo.git", "octo/repo"),
        ("https://user@host:8080/group/sub/repo/", "sub/repo"),
        ("git@github.com:octo/repo.git", "octo/repo"),
        ("ssh://git@github.com/octo/repo", "octo/repo"),
        ("/srv/git/octo/repo.git", "octo/repo"),
        ("../repo.git", ""),
        ("repo", ""),
        ("", ""),
    ],
)
def test_tells_owner_and_name_from_an_address(url: str, repository: str) -> None:
    assert repository_of(url) == repository


def test_git_may_be_missing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert opened(checkout).try_git("status") is None
    assert opened(checkout).ask("status") == ""


def test_zeros_have_the_length_of_a_commit_id() -> None:
    assert git.ZEROS == "0" * 40
