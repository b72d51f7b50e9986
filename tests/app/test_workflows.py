"""Which files are meant, what is wrong in them, and what they call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentmesh.app.workflows import fetch_all, load, load_called, project_root, shown
from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.lang.model import Workflow
from agentmesh.ports.source import Fetched

JOBS = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'true'}]}}\n"
PUSH = "on: push\n" + JOBS
REUSABLE = "on: workflow_call\n" + JOBS


def calling(uses: str, on: str = "push") -> str:
    return f"on: {on}\njobs: {{c: {{uses: {uses}}}}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(folder, {"b.yml": PUSH, "a.yaml": "name: A\n" + PUSH, "notes.txt": "no workflow"})
    return folder


def write(folder: Path, files: Mapping[str, str]) -> None:
    place = folder / ".github" / "workflows"
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name).write_text(text)


def paths(workflows: tuple[Workflow, ...]) -> list[str]:
    return [workflow.path for workflow in workflows]


def no_fetch(targets: list[str]) -> dict[str, Workflow | str]:
    raise AssertionError(f"nothing was to be fetched, not even {targets}")


def test_all_workflows_of_the_project_are_meant_where_none_is_named(project: Path) -> None:
    workflows, problems = load((), str(project))
    assert paths(workflows) == [".github/workflows/a.yaml", ".github/workflows/b.yml"]
    assert problems == ()


@pytest.mark.parametrize("name", ["b", "b.yml", ".github/workflows/b.yml"])
def test_a_workflow_is_named_by_path_or_file_name(project: Path, name: str) -> None:
    assert paths(load((name,), str(project))[0]) == [".github/workflows/b.yml"]


def test_a_file_may_lie_anywhere(project: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(PUSH)
    (project / "ci.yml").write_text(PUSH)
    assert paths(load(("x.yml",), str(project), (str(tmp_path),))[0]) == [str(tmp_path / "x.yml")]
    assert paths(load(("ci.yml",), str(project))[0]) == ["ci.yml"]


def test_a_folder_stands_for_the_workflows_in_it(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "z.yml").write_text(PUSH)
    assert len(load((str(folder),), str(project))[0]) == 1
    assert len(load((str(project),), str(project))[0]) == 2


def test_a_file_named_twice_is_read_once(project: Path) -> None:
    assert len(load(("b", "b.yml"), str(project))[0]) == 1


def test_a_file_that_is_not_there_is_refused_with_those_that_are(project: Path) -> None:
    with pytest.raises(WorkflowError, match=r"there is no workflow 'c\.yml'") as raised:
        load(("c.yml",), str(project))
    assert "a.yaml, b.yml" in raised.value.remedy
    assert raised.value.exit_code == 2


def test_a_named_pipe_among_them_is_refused_and_not_waited_for(project: Path) -> None:
    os.mkfifo(project / ".github/workflows/pipe.yml")
    with pytest.raises(WorkflowError, match="named pipe"):
        load((), str(project))


def test_a_project_without_workflows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="there are no workflows in"):
        load((), str(tmp_path))


def test_all_problems_of_all_files_are_reported_at_once(project: Path) -> None:
    write(project, {"x.yml": "on: push\njobs: {a: {steps: []}}\n", "y.yml": "on: push\nbad: 1\n"})
    with pytest.raises(WorkflowError) as raised:
        load((), str(project))
    files = {problem.span.file for problem in raised.value.problems}
    assert files == {".github/workflows/x.yml", ".github/workflows/y.yml"}
    assert raised.value.where == raised.value.problems[0].span


def test_the_project_is_the_nearest_folder_with_workflows_or_git(
    project: Path, tmp_path: Path
) -> None:
    inner = project / "src" / "deep"
    inner.mkdir(parents=True)
    assert project_root(str(inner)) == str(project)
    (project / "src" / ".git").mkdir()
    assert project_root(str(inner)) == str(project / "src")
    alone = tmp_path / "alone"
    alone.mkdir()
    assert project_root(str(alone)) == str(alone)


def test_files_are_named_from_the_root_where_they_lie_below_it(tmp_path: Path) -> None:
    assert shown(str(tmp_path / "a" / "b.yml"), str(tmp_path)) == "a/b.yml"
    assert shown(str(tmp_path / "b.yml"), str(tmp_path / "a")) == str(tmp_path / "b.yml")


def test_called_workflows_are_read_with_what_they_call(project: Path) -> None:
    write(
        project,
        {
            "b.yml": calling("./.github/workflows/one.yml"),
            "one.yml": calling("$/.github/workflows/two.yml", "workflow_call"),
            "two.yml": REUSABLE,
        },
    )
    workflows, _ = load(("b",), str(project))
    called = load_called(workflows, str(project), no_fetch)
    assert list(called) == ["./.github/workflows/one.yml", "./.github/workflows/two.yml"]
    assert all(isinstance(found, Workflow) for found in called.values())
    assert called["./.github/workflows/one.yml"].path == "./.github/workflows/one.yml"  # type: ignore[union-attr]


def test_workflows_that_call_each_other_are_read_once(project: Path) -> None:
    write(project, {"b.yml": calling("./.github/workflows/b.yml", "[push, workflow_call]")})
    workflows, _ = load(("b",), str(project))
    assert list(load_called(workflows, str(project), no_fetch)) == ["./.github/workflows/b.yml"]


def test_a_called_workflow_that_is_missing_is_kept_as_a_reason(project: Path) -> None:
    write(project, {"b.yml": calling("./.github/workflows/none.yml")})
    workflows, _ = load(("b",), str(project))
    assert load_called(workflows, str(project), no_fetch) == {
        "./.github/workflows/none.yml": "workflow was not found"
    }


def test_a_called_workflow_that_is_broken_is_refused(project: Path) -> None:
    write(project, {"b.yml": calling("./.github/workflows/x.yml"), "x.yml": "on: workflow_call\n"})
    workflows, _ = load(("b",), str(project))
    with pytest.raises(WorkflowError) as raised:
        load_called(workflows, str(project), no_fetch)
    assert raised.value.problems[0].span.file == "./.github/workflows/x.yml"


class Mirrors:
    """Repositories as folders: ``owner/repo`` → folder."""

    def __init__(self, **folders: Path) -> None:
        self.folders = {name.replace("_", "/"): folder for name, folder in folders.items()}
        self.asked: list[tuple[str, str]] = []

    async def fetch(self, repository: str, ref: str) -> Fetched:
        self.asked.append((repository, ref))
        if repository not in self.folders:
            raise SetupError(f"{repository} cannot be had", remedy="name a mirror")
        return Fetched(directory=str(self.folders[repository]))


def test_workflows_of_other_repositories_are_fetched_and_their_own_calls_too(
    project: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write(
        other, {"x.yml": calling("./.github/workflows/y.yml", "workflow_call"), "y.yml": REUSABLE}
    )
    write(project, {"b.yml": calling("o/r/.github/workflows/x.yml@v1")})
    workflows, _ = load(("b",), str(project))
    mirrors = Mirrors(o_r=other)
    called = load_called(
        workflows, str(project), lambda targets: asyncio.run(fetch_all(targets, mirrors))
    )
    assert list(called) == ["o/r/.github/workflows/x.yml@v1", "o/r/.github/workflows/y.yml@v1"]
    assert all(isinstance(found, Workflow) for found in called.values())
    assert mirrors.asked == [("o/r", "v1"), ("o/r", "v1")]


def test_what_cannot_be_fetched_is_kept_as_a_reason(tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, {"bad.yml": "on: workflow_call\n"})
    targets = [
        "no/where/.github/workflows/x.yml@v1",
        "o/r/.github/workflows/none.yml@v1",
        "o/r/.github/workflows/bad.yml@v1",
    ]
    found = asyncio.run(fetch_all(targets, Mirrors(o_r=other)))
    assert found[targets[0]] == "no/where cannot be had. name a mirror."
    assert found[targets[1]] == "o/r@v1 has no .github/workflows/none.yml"
    assert str(found[targets[2]]).startswith("o/r/.github/workflows/bad.yml@v1:1:1: error:")
