"""Reading a repository."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.actions.repository import git
from agentmesh.core.errors import SetupError

Git = Callable[..., str]


def test_a_folder_that_is_no_root_is_no_repository(repo: Path, tmp_path: Path) -> None:
    (repo / "sub").mkdir()
    assert git.look(str(repo / "sub")) is None
    assert git.look(str(tmp_path)) is None


def test_facts_of_a_repository(repo: Path, git: Git) -> None:
    from agentmesh.actions.repository.git import look

    found = look(str(repo))
    assert found is not None
    assert found.head == git(repo, "rev-parse", "HEAD")
    assert found.objects == str(repo / ".git/objects")
    assert found.format == "sha1"
    assert found.shallow == ()


def test_variables_of_a_hook_do_not_lead_elsewhere(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert git.tracked(str(repo))[0].path == b"file1.txt"


def test_a_ref_is_a_branch_before_a_tag_before_a_commit(repo: Path, git: Git) -> None:
    from agentmesh.actions.repository.git import find

    sha = {n: git(repo, "rev-parse", f"{n}^{{commit}}") for n in ("main", "other", "v1")}
    assert find(str(repo), "other") == ("refs/heads/other", sha["other"])
    assert find(str(repo), "v1") == ("refs/tags/v1", sha["v1"])
    git(repo, "branch", "v1", "main")
    assert find(str(repo), "v1") == ("refs/heads/v1", sha["main"])
    assert find(str(repo), "refs/tags/v1") == ("refs/tags/v1", sha["v1"])
    assert find(str(repo), sha["v1"][:10]) == ("", sha["v1"])
    assert find(str(repo), "nope") == ("", "")
    assert find(str(repo), "--all") == ("", "")


def test_a_branch_of_origin_will_do(repo: Path, tmp_path: Path, git: Git) -> None:
    from agentmesh.actions.repository.git import find

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repo), str(clone))
    assert find(str(clone), "other")[0] == "refs/heads/other"
    assert find(str(clone), "refs/heads/other")[1] == git(repo, "rev-parse", "other")


def test_names_come_as_the_bytes_they_are(repo: Path, git: Git) -> None:
    from agentmesh.actions.repository.git import tracked, untracked

    odd = [b"a\nb", b"\xff\xfe", "ü".encode()]
    for name in odd:
        (repo / os.fsdecode(name)).write_text("x")
    assert set(untracked(str(repo))) == set(odd)
    git(repo, "add", "-A")
    assert set(odd) <= {e.path for e in tracked(str(repo))}


def test_a_conflict_lists_a_path_once(repo: Path, git: Git) -> None:
    from agentmesh.actions.repository.git import tracked

    git(repo, "checkout", "-q", "other")
    (repo / "number.txt").write_text("other")
    git(repo, "commit", "-q", "-am", "Other")
    with pytest.raises(AssertionError):
        git(repo, "merge", "main")
    assert sum(e.path == b"number.txt" for e in tracked(str(repo))) == 1


def test_a_failure_carries_what_git_says(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="not a git repository"):
        git.read(str(tmp_path), "rev-parse", "HEAD")
    assert git.read(str(tmp_path), "rev-parse", "HEAD", check=False) == b""


def test_no_git_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env").symlink_to("/usr/bin/env")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        git.read(str(tmp_path), "status")
