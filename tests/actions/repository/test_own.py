"""One's own repository in a workspace; most of it is tested through checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agentmesh.actions.repository import git as reading
from agentmesh.actions.repository import own
from agentmesh.actions.repository.own import Wanted

Git = Callable[..., str]


def look(directory: Path) -> reading.Repository:
    found = reading.look(str(directory))
    assert found is not None
    return found


def test_a_shallow_source_stays_shallow(repo: Path, tmp_path: Path, git: Git) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{repo}", str(shallow))
    work = tmp_path / "work"
    own.working_tree(look(shallow), str(work), Wanted(url="u", depth=0))
    assert git(work, "rev-list", "--count", "HEAD") == "2"
    assert git(work, "fsck", "--no-dangling") == ""


def test_branches_of_origin_win_over_local_ones(repo: Path, tmp_path: Path, git: Git) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repo), str(clone))
    git(clone, "branch", "other", "main")
    git(clone, "branch", "mine", "main")
    made = own.clone(look(clone), look(clone).head, Wanted(url="u", depth=0, ref="refs/heads/main"))
    refs = {r.name: r.sha for r in made.refs}
    assert refs["refs/remotes/origin/other"] == git(repo, "rev-parse", "other")
    assert refs["refs/remotes/origin/mine"] == git(clone, "rev-parse", "main")
    assert "refs/remotes/origin/HEAD" not in refs


def test_an_unchanged_tree_needs_no_second_reading(repo: Path, tmp_path: Path, git: Git) -> None:
    work = tmp_path / "work"
    own.working_tree(look(repo), str(work), Wanted(url="u", ref="refs/heads/main"))
    # times and sizes are enough to see that nothing has changed; then the index is left alone
    before = (work / ".git/index").read_bytes()
    git(work, "update-index", "--refresh")
    assert (work / ".git/index").read_bytes() == before


def test_a_split_index_comes_along(repo: Path, tmp_path: Path, git: Git) -> None:
    git(repo, "update-index", "--split-index")
    (repo / "number.txt").write_text("staged")
    git(repo, "add", "-A")
    work = tmp_path / "work"
    own.working_tree(look(repo), str(work), Wanted(url="u", ref="refs/heads/main"))
    assert git(work, "status", "--porcelain") == "M  number.txt"


def test_what_a_clone_excludes_stays_excluded(repo: Path, tmp_path: Path, git: Git) -> None:
    (repo / ".git/info/exclude").write_text("secret.txt\n")
    (repo / "secret.txt").write_text("x")
    work = tmp_path / "work"
    own.working_tree(look(repo), str(work), Wanted(url="u", ref="refs/heads/main"))
    assert not (work / "secret.txt").exists()
    (work / "secret.txt").write_text("y")
    assert git(work, "status", "--porcelain") == ""


def test_a_nested_repository_that_is_no_submodule_is_left_out_and_said(
    repo: Path, tmp_path: Path, git: Git
) -> None:
    nested = repo / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    (nested / "x").write_text("x")
    laid = own.working_tree(look(repo), str(tmp_path / "work"), Wanted(url="u"))
    assert laid.notes == ("Left out, as it is a repository of its own: nested/",)
