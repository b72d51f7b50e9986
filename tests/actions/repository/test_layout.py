"""Writing a ``.git`` folder without git, as git reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.actions.repository import layout
from agentmesh.actions.repository.git import Ref

Git = Callable[..., str]


@pytest.mark.parametrize("branch", ["main", "feature/x", 'odd"name', "ünï"])
def test_git_reads_what_was_written(repo: Path, tmp_path: Path, git: Git, branch: str) -> None:
    sha = git(repo, "rev-parse", "HEAD")
    tag = git(repo, "rev-parse", "v1")
    made = layout.Clone(
        url="https://example.com/a b/c",
        head=sha,
        branch=branch,
        refs=(
            Ref(f"refs/heads/{branch}", sha),
            Ref("refs/tags/v1", tag, git(repo, "rev-parse", "v1^{}")),
        ),
        objects=str(repo / ".git/objects"),
        settings=(("autocrlf", "input"), ("eol", 'a"b\\c')),
        modules=(("lib/x", "../x"),),
    )
    work = tmp_path / "work"
    work.mkdir()
    layout.write(str(work), made)
    assert git(work, "rev-parse", "HEAD") == sha
    assert git(work, "config", "remote.origin.url") == "https://example.com/a b/c"
    assert git(work, "config", "core.eol") == 'a"b\\c'
    assert git(work, "config", f"branch.{branch}.merge") == f"refs/heads/{branch}"
    assert git(work, "config", "submodule.lib/x.url") == "../x"
    assert git(work, "describe", "--tags", "v1") == "v1"
    assert git(work, "fsck", "--connectivity-only") == ""
    assert git(work, "gc", "--quiet") == ""


def test_objects_are_copied_with_those_they_borrow(repo: Path, tmp_path: Path, git: Git) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--shared", str(repo), str(clone))
    work = tmp_path / "work"
    work.mkdir()
    sha = git(repo, "rev-parse", "HEAD")
    made = layout.Clone(url="u", head=sha, objects=str(clone / ".git/objects"))
    layout.write(str(work), made, lend=False)
    repo.rename(tmp_path / "gone")
    assert git(work, "log", "--format=%s", "HEAD").splitlines()[0] == "Commit 3"


def test_a_repository_without_commits_has_a_branch_to_be(tmp_path: Path, git: Git) -> None:
    layout.write(str(tmp_path), layout.Clone(url="u", head="", branch="main"))
    assert "No commits yet" in git(tmp_path, "status")


def test_sha256_is_declared(tmp_path: Path, git: Git) -> None:
    layout.write(str(tmp_path), layout.Clone(url="u", head="", branch="main", format="sha256"))
    assert git(tmp_path, "rev-parse", "--show-object-format") == "sha256"
