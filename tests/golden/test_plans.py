"""Plans drawn byte for byte as they were accepted.

A case is a folder of ``plan/`` with workflow files, ``seconds.json`` (key of a job → how long it
takes), and what is made of them: ``tree.txt``, ``plan.mmd``, ``plan.svg``. ``ACCEPT=1`` in the
environment writes those anew; look at the difference before it is committed.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from agentmesh.app.arguments import RunArguments
from agentmesh.app.forecast import works
from agentmesh.app.outline import outline
from agentmesh.app.plan import prepare
from agentmesh.app.settings import Settings
from agentmesh.cli.drawing import drawn
from agentmesh.plan.estimate import estimate

CASES = sorted(path for path in (Path(__file__).parent / "plan").iterdir() if path.is_dir())
FILES = {"tree": "tree.txt", "mermaid": "plan.mmd", "svg": "plan.svg"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_plan_is_drawn_as_it_was(case: Path, tmp_path: Path) -> None:
    workflows = tmp_path / "project/.github/workflows"
    workflows.mkdir(parents=True)
    for file in case.glob("*.yml"):
        shutil.copy(file, workflows)
    settings = Settings(
        store=str(tmp_path / "store"),
        directory=str(tmp_path / "project"),
        environ={"USER": "ada"},
    )
    prepared = prepare(RunArguments(event="push"), settings)
    outlined = outline(prepared.plan)
    lengths = json.loads((case / "seconds.json").read_text())
    expected = estimate(works(outlined.rows, lengths), {"my-label": 0.5})
    for form, name in FILES.items():
        made = drawn(form, prepared, outlined, expected)
        if os.environ.get("ACCEPT"):
            (case / name).write_text(made)
        assert made == (case / name).read_text(), f"{case.name}/{name}"
