"""Which files are checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentmesh.app.lint_files import files_of, is_action, repository_root
from agentmesh.core.errors import WorkflowError


def test_an_action_is_told_by_its_name_and_place() -> None:
    assert is_action("a/action.yml")
    assert is_action("action.yaml")
    assert not is_action(".github/workflows/action.yml")
    assert not is_action("a/other.yml")


def test_a_file_that_is_named_twice_is_checked_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("")
    assert files_of(("a.yml", "a.yml"), str(tmp_path)) == ["a.yml"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match=r"no file 'a\.yml'"):
        files_of(("a.yml",), str(tmp_path))


def test_a_folder_of_any_workflows_is_found_below_another(tmp_path: Path) -> None:
    folder = tmp_path / "one" / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text("")
    assert files_of((".",), str(tmp_path)) == [os.path.join("one", ".github", "workflows", "a.yml")]


def test_a_file_outside_of_any_repository_has_no_root() -> None:
    assert repository_root("/nowhere/at/all.yml") is None
