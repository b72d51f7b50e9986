"""examples/guide: a copy of it, made a repository, runs as it stands."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.images import need

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "examples/guide"


@pytest.fixture(scope="module")
def guide_table() -> ModuleType:
    """tools/guide_table.py, which knows the guide's blocks."""
    path = ROOT / "tools/guide_table.py"
    spec = importlib.util.spec_from_file_location("guide_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["guide_table"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def guide(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A copy of the example, as a repository of its own."""
    copy = tmp_path / "guide"
    left_out = shutil.ignore_patterns("__pycache__", "node_modules", ".venv", ".pytest_cache")
    shutil.copytree(GUIDE, copy, ignore=left_out)
    git(copy, "init", "-q", "-b", "main")
    git(copy, "add", "-A")
    git(copy, "commit", "-q", "-m", "Start")
    return copy


CARRIED = [
    ("Parallel Execution Matrix", "strategy"),
    ("Intelligent Caching Strategy", "Cache Dependencies"),
    ("Intelligent Caching Strategy", "Cache Docker Layers"),
    ("Build Time Optimization", "Set up Docker Buildx"),
    ("Build Time Optimization", "Build and Push"),
    ("Resource-Aware Job Scheduling", "tests-light"),
    ("Resource-Aware Job Scheduling", "tests-heavy"),
    ("Resource-Aware Job Scheduling", "build-multiarch"),
    ("Conditional Expensive Operations", "Multi-architecture Build"),
]


@pytest.mark.parametrize(("block", "name"), CARRIED)
def test_workflows_carry_the_blocks_of_the_guide_as_written(
    guide_table: ModuleType, block: str, name: str
) -> None:
    workflows = guide_table.read_workflows()
    pieces = guide_table.pieces(guide_table.GUIDE.read_text())
    piece = next(each for each in pieces if (each.block, each.name) == (block, name))
    assert guide_table.places(piece, workflows)


def test_the_page_lists_every_block_and_nothing_that_does_not_run(
    guide_table: ModuleType,
) -> None:
    page = (ROOT / "docs/guide.md").read_text()
    workflows = guide_table.read_workflows()
    for piece in guide_table.pieces(guide_table.GUIDE.read_text()):
        row = f"| {piece.block} | {piece.name} | "
        assert row in page
        says_not_yet = f"{row}not yet |" in page
        assert says_not_yet == (not guide_table.places(piece, workflows)), piece.name


def test_all_workflows_of_the_example_are_read_without_an_error(
    guide: Path, run_cli: Callable[..., Any]
) -> None:
    ran = run_cli("lint", ".", "--format", "json", cwd=guide)
    assert ran.code == 0, ran.stdout
    # The guide names actions by their versions, and its steps stand there as it writes them.
    assert [f for f in yaml.safe_load(ran.stdout) if f["severity"] == "error"] == []


@pytest.mark.slow
def test_the_pipeline_is_green(
    guide: Path, git: Callable[..., str], run_cli: Callable[..., Any]
) -> None:
    need("buildah", "qemu-aarch64-static")
    ran = run_cli("run", "--json", "--event", "push", "--skip-unavailable", cwd=guide, seconds=900)
    assert ran.code == 0, ran.stdout[-4000:] + ran.stderr
    jobs = ran.jobs
    legs = {name: end for name, end in jobs.items() if name.startswith("test (")}
    assert len(legs) == 29
    for name, end in legs.items():
        assert end == "success" or (end == "skipped" and "ubuntu" not in name) or lacks(ran, name)
    assert sum(end == "success" for end in legs.values()) >= 3
    assert {name: end for name, end in jobs.items() if name not in legs} == {
        "Dependencies": "success",
        "tests-light": "success",
        "tests-heavy": "success",
        "Web page": "success",
        "Test report": "success",
        "Package": "success",
        "Smoke / Try out 1.4.0": "success",
        "Image": "success",
        "build-multiarch": "success",
    }
    expensive = ran.steps("Image")["Multi-architecture Build"]
    assert expensive == "skipped"
    assert git(guide, "status", "--porcelain") == ""


def lacks(ran: Any, job: str) -> bool:
    """Whether a leg was skipped since this machine lacks its Python."""
    (event,) = ran.of("job.completed", job=job)
    return event["conclusion"] == "skipped" and "ython" in event.get("why", "")
