"""Waiting for a change of files."""

from __future__ import annotations

import subprocess
import threading

import pytest

from agentmesh.app.watch import Watch, difference, snapshot


@pytest.fixture
def repository(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "a.txt").write_text("one")
    return tmp_path


def test_a_snapshot_has_what_git_sees_and_not_what_it_ignores(repository):
    (repository / "ignored").write_text("")
    assert set(snapshot(str(repository))) == {".gitignore", "a.txt"}


def test_outside_a_repository_all_files_count(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("")
    assert set(snapshot(str(tmp_path))) == {"d/f"}


def test_files_that_came_went_or_changed_are_the_difference():
    before = {"same": (1, 1, 1), "gone": (1, 1, 1), "changed": (1, 1, 1)}
    after = {"same": (1, 1, 1), "new": (1, 1, 1), "changed": (2, 1, 1)}
    assert difference(before, after) == ("changed", "gone", "new")


def test_a_change_made_before_the_wait_is_seen(repository):
    watch = Watch(str(repository), interval=0.01)
    (repository / "b.txt").write_text("new")
    assert watch.wait() == ("b.txt",)


def test_the_wait_ends_with_the_change(repository):
    watch = Watch(str(repository), interval=0.01)
    seen = []
    thread = threading.Thread(target=lambda: seen.append(watch.wait()))
    thread.start()
    (repository / "a.txt").write_text("another length")
    thread.join(timeout=30)
    assert seen == [("a.txt",)]


def test_what_is_ignored_does_not_end_it(repository):
    watch = Watch(str(repository), interval=0.01)
    (repository / "ignored").write_text("x")
    (repository / "a.txt").write_text("another length")
    assert watch.wait() == ("a.txt",)
