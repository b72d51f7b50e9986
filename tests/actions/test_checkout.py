"""``actions/checkout``: the user's working tree in a repository of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.actions import checkout
from agentmesh.core.errors import AgentmeshError, SetupError
from agentmesh.plan.model import Options
from agentmesh.ports.source import Fetched

Git = Callable[..., str]


def names(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()} - {".git"}


def test_gives_the_commit_and_its_files(bench: Any, repo: Path, git: Git) -> None:
    done = bench.use(checkout)
    assert done.outputs == {"ref": "refs/heads/main", "commit": git(repo, "rev-parse", "HEAD")}
    assert names(bench.workspace) == {"number.txt", "file1.txt", "file2.txt", "file3.txt"}
    assert bench.sh("git status --porcelain") == ""
    assert bench.sh("git branch --show-current") == "main\n"


def test_status_says_what_it_says_at_home(bench: Any, repo: Path, git: Git) -> None:
    (repo / "number.txt").write_text("changed and staged")
    git(repo, "add", "number.txt")
    (repo / "file1.txt").write_text("changed")
    (repo / "file2.txt").unlink()
    git(repo, "rm", "-q", "file3.txt")
    (repo / "new.txt").write_text("untracked")
    (repo / ".gitignore").write_text("ignored.txt\n")
    (repo / "ignored.txt").write_text("ignored")
    before = git(repo, "status", "--porcelain")
    bench.use(checkout)
    assert bench.sh("git status --porcelain").rstrip("\n") == before
    assert names(bench.workspace) == {"number.txt", "file1.txt", "new.txt", ".gitignore"}
    assert (bench.workspace / "file1.txt").read_text() == "changed"


def test_committed_gives_head_alone(bench: Any, repo: Path) -> None:
    (repo / "number.txt").write_text("changed")
    (repo / "new.txt").write_text("untracked")
    bench.committed = True
    bench.use(checkout)
    assert (bench.workspace / "number.txt").read_text() == "3"
    assert not (bench.workspace / "new.txt").exists()
    assert bench.sh("git status --porcelain") == ""


def test_what_a_job_does_stays_in_its_workspace(bench: Any, repo: Path, git: Git) -> None:
    before = git(repo, "for-each-ref"), git(repo, "count-objects", "-v")
    bench.use(checkout, fetch_depth="0")
    bench.sh(
        "git config user.name a; git config user.email a@b; echo more > number.txt;"
        "git commit -qam more; git tag mine; git branch -D other -q || true;"
        "git repack -adq; git gc -q --prune=now; git reset -q --hard HEAD~1; git clean -fdxq"
    )
    assert (git(repo, "for-each-ref"), git(repo, "count-objects", "-v")) == before
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "fsck", "--no-dangling") == ""


def test_writing_a_file_in_place_leaves_the_users_file_alone(bench: Any, repo: Path) -> None:
    bench.use(checkout)
    bench.sh("printf x >> number.txt")
    assert (repo / "number.txt").read_text() == "3"


@pytest.mark.parametrize(("depth", "commits"), [("1", 1), ("2", 2), ("3", 3), ("9", 3), ("0", 3)])
def test_history_is_as_deep_as_asked_for(bench: Any, repo: Path, depth: str, commits: int) -> None:
    bench.use(checkout, fetch_depth=depth)
    assert bench.sh("git rev-list --count HEAD") == f"{commits}\n"
    shallow = bench.sh("git rev-parse --is-shallow-repository").strip()
    assert shallow == ("true" if depth in {"1", "2"} else "false")


def test_depth_counts_steps_along_merges(bench: Any, repo: Path, git: Git) -> None:
    git(repo, "checkout", "-q", "-b", "side", "HEAD~1")
    (repo / "side.txt").write_text("side")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Side")
    git(repo, "checkout", "-q", "main")
    git(repo, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    bench.use(checkout, fetch_depth="2")
    assert bench.sh("git log --format=%s | sort") == "Commit 3\nMerge\nSide\n"


def test_tags_come_with_all_history_or_when_asked_for(bench: Any, repo: Path) -> None:
    bench.use(checkout)
    assert bench.sh("git tag") == ""
    bench.use(checkout, fetch_tags="true")
    assert bench.sh("git tag; git cat-file -t v1") == "v1\ntag\n"
    bench.use(checkout, fetch_depth="0")
    assert bench.sh("git describe").startswith("v1-1-g")


def test_all_history_brings_every_branch_of_origin(bench: Any, repo: Path) -> None:
    bench.use(checkout, fetch_depth="0")
    out = bench.sh("git for-each-ref --format='%(refname)' refs/remotes refs/heads")
    assert out.split() == [
        "refs/heads/main",
        "refs/remotes/origin/main",
        "refs/remotes/origin/other",
    ]


def test_a_pull_request_is_detached(bench: Any, repo: Path) -> None:
    bench.github["ref"] = "refs/pull/7/merge"
    done = bench.use(checkout)
    assert done.outputs["ref"] == "refs/pull/7/merge"
    assert bench.sh("git branch --show-current") == ""
    assert bench.sh("git rev-parse pull/7/merge HEAD | uniq | wc -l").strip() == "1"


def test_a_tag_is_detached_and_there(bench: Any, repo: Path, git: Git) -> None:
    git(repo, "tag", "v2")
    bench.github["ref"] = "refs/tags/v2"
    bench.use(checkout)
    assert bench.sh("git describe --exact-match --tags") == "v2\n"
    assert bench.sh("git branch --show-current") == ""


@pytest.mark.parametrize("ref", ["other", "refs/heads/other"])
def test_another_branch_gives_its_files(bench: Any, repo: Path, git: Git, ref: str) -> None:
    (repo / "number.txt").write_text("uncommitted")
    done = bench.use(checkout, ref=ref)
    assert done.outputs == {"ref": ref, "commit": git(repo, "rev-parse", "other")}
    assert (bench.workspace / "number.txt").read_text() == "1"
    assert bench.sh("git status --porcelain --branch") == "## other...origin/other\n"


def test_a_tag_and_a_commit_may_be_named(bench: Any, repo: Path, git: Git) -> None:
    bench.use(checkout, ref="v1")
    assert (bench.workspace / "number.txt").read_text() == "2"
    bench.use(checkout, ref=git(repo, "rev-parse", "other"))
    assert (bench.workspace / "number.txt").read_text() == "1"
    assert bench.sh("git branch --show-current") == ""


def test_naming_the_events_own_ref_gives_the_working_tree(bench: Any, repo: Path) -> None:
    (repo / "number.txt").write_text("uncommitted")
    for ref in ("main", "refs/heads/main", bench.github["sha"]):
        bench.use(checkout, ref=ref)
        assert (bench.workspace / "number.txt").read_text() == "uncommitted"


def test_a_ref_that_nobody_has_is_an_error_with_a_remedy(bench: Any, repo: Path) -> None:
    with pytest.raises(AgentmeshError, match="'nope' could not be found") as caught:
        bench.use(checkout, ref="nope")
    assert "git fetch origin nope" in caught.value.remedy


def test_links_and_modes_come_along(bench: Any, repo: Path) -> None:
    (repo / "link").symlink_to("number.txt")
    (repo / "broken").symlink_to("/nowhere/at/all")
    (repo / "run.sh").write_text("#!/bin/sh\n")
    (repo / "run.sh").chmod(0o700)
    bench.use(checkout)
    assert os.readlink(bench.workspace / "link") == "number.txt"
    assert os.readlink(bench.workspace / "broken") == "/nowhere/at/all"
    assert (bench.workspace / "run.sh").stat().st_mode & 0o111
    assert not (bench.workspace / "number.txt").stat().st_mode & 0o111


def test_a_folder_that_became_a_link_is_not_followed(
    bench: Any, repo: Path, git: Git, tmp_path: Path
) -> None:
    (repo / "folder").mkdir()
    (repo / "folder/a.txt").write_text("a")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Folder")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("outside")
    (repo / "folder/a.txt").unlink()
    (repo / "folder").rmdir()
    (repo / "folder").symlink_to(outside)
    bench.use(checkout)
    assert os.readlink(bench.workspace / "folder") == str(outside)
    assert bench.sh("git status --porcelain") == git(repo, "status", "--porcelain") + "\n"


def test_a_named_pipe_does_not_hang_the_job(bench: Any, repo: Path, git: Git) -> None:
    (repo / "number.txt").unlink()
    os.mkfifo(repo / "number.txt")
    done = bench.use(checkout)
    assert "Left out, as it is no file: number.txt" in done.ctx.log


def test_odd_names_survive(bench: Any, repo: Path) -> None:
    odd = ["with space", "new\nline", "ümläut", os.fsdecode(b"latin\xe9"), 'quote"', "-dash"]
    for name in odd:
        (repo / name).write_text(name, errors="surrogateescape")
    bench.use(checkout)
    assert names(bench.workspace) >= set(odd)


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc"])
def test_nothing_leaves_the_workspace(bench: Any, repo: Path, path: str) -> None:
    with pytest.raises(AgentmeshError, match="is not under"):
        bench.use(checkout, path=path)


def test_a_link_in_the_workspace_does_not_lead_out(bench: Any, repo: Path, tmp_path: Path) -> None:
    (bench.workspace / "way").symlink_to(tmp_path)
    with pytest.raises(AgentmeshError, match="is not under"):
        bench.use(checkout, path="way/x")


def test_a_second_checkout_cleans_or_keeps(bench: Any, repo: Path) -> None:
    bench.use(checkout)
    (bench.workspace / "built.txt").write_text("built")
    bench.use(checkout, clean="false")
    assert (bench.workspace / "built.txt").exists()
    bench.use(checkout)
    assert not (bench.workspace / "built.txt").exists()


def test_a_folder_without_git_is_copied_and_said(bench: Any, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    (plain / "sub").mkdir(parents=True)
    (plain / "sub/a.txt").write_text("a")
    bench.source_directory = str(plain)
    done = bench.use(checkout)
    assert (bench.workspace / "sub/a.txt").read_text() == "a"
    assert "is no git repository" in done.ctx.log
    with pytest.raises(SetupError, match="no git repository"):
        bench.use(checkout, ref="v1")


def test_a_repository_without_commits_works(bench: Any, tmp_path: Path, git: Git) -> None:
    root = tmp_path / "unborn"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a.txt").write_text("a")
    git(root, "add", "a.txt")
    bench.source_directory = str(root)
    assert bench.use(checkout).outputs["commit"] == ""
    assert bench.sh("git status --porcelain") == "A  a.txt\n"


def test_a_linked_worktree_is_a_repository_too(bench: Any, repo: Path, git: Git) -> None:
    tree = repo.parent / "tree"
    git(repo, "worktree", "add", "-q", str(tree), "other")
    (tree / "number.txt").write_text("mine")
    bench.source_directory = str(tree)
    bench.github["ref"] = "refs/heads/other"
    bench.use(checkout)
    assert bench.sh("git status --porcelain --branch") == "## other...origin/other\n M number.txt\n"


def test_sparse_checkout_takes_named_folders(bench: Any, repo: Path, git: Git) -> None:
    for name in ("a/x.txt", "a/b/y.txt", "c/z.txt"):
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(name)
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Folders")
    (repo / "a/b/y.txt").write_text("changed")
    (repo / "a/new.txt").write_text("new")
    (repo / "c/new.txt").write_text("new")
    bench.use(checkout, sparse_checkout="a/b")
    files = bench.sh("git ls-files -t | sort; find . -path ./.git -prune -o -type f -print | sort")
    assert "./a/b/y.txt" in files
    assert "./a/x.txt" in files
    assert "./a/new.txt" in files
    assert "./c" not in files
    assert "S c/z.txt" in files
    assert bench.sh("git status --porcelain") == " M a/b/y.txt\n?? a/new.txt\n"


def test_sparse_checkout_by_patterns(bench: Any, repo: Path) -> None:
    bench.use(checkout, sparse_checkout="/number.txt", sparse_checkout_cone_mode="false")
    assert names(bench.workspace) == {"number.txt"}


def test_a_users_own_sparse_tree_is_filled_up(bench: Any, repo: Path, git: Git) -> None:
    git(repo, "sparse-checkout", "set", "--no-cone", "/number.txt")
    assert names(repo) == {"number.txt"}
    bench.use(checkout)
    assert "file3.txt" in names(bench.workspace)
    assert bench.sh("git status --porcelain") == ""


@pytest.fixture
def with_submodule(repo: Path, tmp_path: Path, git: Git) -> Path:
    module = tmp_path / "module"
    module.mkdir()
    git(module, "init", "-q", "-b", "main")
    (module / "m.txt").write_text("m")
    git(module, "add", "-A")
    git(module, "commit", "-q", "-m", "Module")
    git(repo, "submodule", "add", "-q", str(module), "lib/module")
    git(repo, "commit", "-q", "-m", "Add the module")
    return repo


def test_submodules_stay_empty_unless_asked_for(bench: Any, with_submodule: Path) -> None:
    bench.use(checkout)
    assert names(bench.workspace / "lib/module") == set()
    bench.use(checkout, submodules="recursive")
    assert names(bench.workspace / "lib/module") == {"m.txt"}
    assert bench.sh("git status --porcelain; git submodule status").startswith(" ")


def test_committed_submodules_come_from_the_users_clone(
    bench: Any, with_submodule: Path, tmp_path: Path
) -> None:
    (tmp_path / "module").rename(tmp_path / "gone")
    (with_submodule / "lib/module/m.txt").write_text("changed")
    bench.committed = True
    bench.use(checkout, submodules="true")
    assert (bench.workspace / "lib/module/m.txt").read_text() == "m"


def test_a_submodule_that_cannot_be_had_names_the_remedy(
    bench: Any, with_submodule: Path, tmp_path: Path, git: Git
) -> None:
    git(with_submodule, "submodule", "deinit", "-q", "-f", "lib/module")
    (tmp_path / "module").rename(tmp_path / "gone")
    with pytest.raises(SetupError, match="lib/module could not be fetched") as caught:
        bench.use(checkout, submodules="true")
    assert "git submodule update --init" in caught.value.remedy


def test_another_repository_comes_from_a_mirror_with_its_history(
    bench: Any, repo: Path, tmp_path: Path, git: Git
) -> None:
    mirror = tmp_path / "mirror"
    git(tmp_path, "clone", "-q", str(repo), str(mirror))
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    (snapshot / "number.txt").write_text("2")
    commit = git(mirror, "rev-parse", "v1^{commit}")
    bench.options = msgspec.structs.replace(Options(), action_sources={"foo/bar": str(mirror)})
    bench.source.known["foo/bar"] = Fetched(directory=str(snapshot), commit=commit)
    done = bench.use(checkout, repository="foo/bar", ref="v1", path="deps/bar")
    assert done.outputs == {"ref": "v1", "commit": commit}
    assert (bench.workspace / "deps/bar/number.txt").read_text() == "2"
    assert bench.sh("git -C deps/bar config remote.origin.url") == "https://github.com/foo/bar\n"
    assert bench.sh("git -C deps/bar rev-parse HEAD").strip() == commit


def test_another_repository_without_history_gets_one_commit(bench: Any, tmp_path: Path) -> None:
    snapshot = tmp_path / "snapshot"
    snapshot.mkdir()
    (snapshot / "a.txt").write_text("a")
    bench.source.known["foo/bar"] = Fetched(directory=str(snapshot), commit="c" * 40)
    done = bench.use(checkout, repository="foo/bar", path="bar")
    assert done.outputs["commit"] == "c" * 40
    assert "history is not on this machine" in done.ctx.log
    assert bench.sh("git -C bar rev-list --count HEAD; git -C bar status --porcelain") == "1\n"


def test_another_repository_that_cannot_be_had_is_an_error(bench: Any, repo: Path) -> None:
    with pytest.raises(SetupError, match="foo/bar"):
        bench.use(checkout, repository="foo/bar")
    with pytest.raises(AgentmeshError, match="Invalid repository 'foo'"):
        bench.use(checkout, repository="foo")


def test_a_token_stays_until_the_job_ends(bench: Any, repo: Path) -> None:
    done = bench.use(checkout, token="s3cret")
    header = bench.sh("git config http.https://github.com/.extraheader")
    assert header.startswith("AUTHORIZATION: basic ")
    assert done.ctx.masked == [header.split()[-1]]
    bench.finish(checkout, done)
    assert "extraheader" not in (bench.workspace / ".git/config").read_text()


def test_a_token_is_not_kept_when_told_so(bench: Any, repo: Path) -> None:
    bench.use(checkout, token="s3cret", persist_credentials="false")
    assert "extraheader" not in (bench.workspace / ".git/config").read_text()


def test_a_key_is_kept_outside_the_workspace_and_removed(bench: Any, repo: Path) -> None:
    done = bench.use(checkout, ssh_key="KEY", ssh_known_hosts="host key")
    command = bench.sh("git config core.sshCommand")
    (key,) = [p for p in Path(bench.dirs.temp).iterdir() if not p.name.endswith("hosts")]
    assert str(key) in command
    assert key.stat().st_mode & 0o777 == 0o600
    assert bench.sh("git config remote.origin.url") == "git@github.com:octo/repo.git\n"
    bench.finish(checkout, done)
    assert list(Path(bench.dirs.temp).iterdir()) == []


def test_a_container_gets_objects_of_its_own(bench: Any, repo: Path, git: Git) -> None:
    from agentmesh.actions.repository import own
    from agentmesh.actions.repository.git import look

    found = look(str(repo))
    assert found is not None
    own.working_tree(found, str(bench.workspace), own.Wanted(url="https://x/y", lend=False))
    repo.rename(repo.parent / "moved")
    assert bench.sh("git fsck --no-dangling; git log --format=%s") == "Commit 3\n"
