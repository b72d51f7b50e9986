"""What lint says about files, as it was accepted; files without faults; files as people write them.

A case is a folder of ``lint/`` with a ``workflow.yml`` or an ``action.yml`` and ``expected.txt``.
``ACCEPT=1`` in the environment writes the latter anew; look at the difference before it is
committed. Of the files in ``lint/ok`` nothing is said. Those in ``lint/usual`` are as varied as the
workflows in daily use: GitHub runs all of them, so none may show an error.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from agentmesh.app.lint import lint
from agentmesh.cli.render.problems import render_text

HERE = Path(__file__).parent / "lint"
ROOT = Path(__file__).parents[2]
CASES = sorted(path.parent for path in HERE.glob("*/expected.txt"))
OK = sorted((HERE / "ok").iterdir())
USUAL = sorted((HERE / "usual").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_file_is_told_about_as_it_was(case: Path) -> None:
    (file,) = case.glob("*.yml")
    report = lint((file.name,), str(case))
    text = render_text(report.problems, report.sources)
    if os.environ.get("ACCEPT"):
        (case / "expected.txt").write_text(text)
    assert text == (case / "expected.txt").read_text()


def placed(file: Path, folder: Path) -> str:
    """A file in a repository: actions at its root, workflows where they belong."""
    action = file.name.startswith("action-")
    place = folder / ("action.yml" if action else f".github/workflows/{file.name}")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, place)
    return str(place.relative_to(folder))


@pytest.mark.parametrize("file", OK, ids=lambda file: file.name)
def test_nothing_is_said_about_a_file_without_faults(file: Path, tmp_path: Path) -> None:
    report = lint((placed(file, tmp_path),), str(tmp_path))
    assert [str(problem) for problem in report.problems] == []


@pytest.mark.parametrize("file", USUAL, ids=lambda file: file.name)
def test_a_usual_file_shows_no_error(file: Path, tmp_path: Path) -> None:
    report = lint((placed(file, tmp_path),), str(tmp_path))
    assert [str(problem) for problem in report.problems if problem.severity == "error"] == []


def test_our_own_workflows_show_nothing_worse_than_a_note() -> None:
    paths = [path for path in ("examples/guide", ".github/workflows") if (ROOT / path).exists()]
    report = lint(paths, str(ROOT))
    assert len(report.files) >= 3
    # The guide names actions by their versions, and its steps stand there as it writes them.
    told = [p for p in report.problems if p.severity != "info" and p.rule != "unpinned-action"]
    assert [str(problem) for problem in told] == []
