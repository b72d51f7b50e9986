"""The shape of the project: what a new file must bring with it."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

from agentmesh.actions.registry import ACTIONS
from agentmesh.cli.dispatch import COMMANDS

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src/agentmesh"
TESTS = ROOT / "tests"
MODULES = sorted(
    path.relative_to(SRC) for path in SRC.rglob("*.py") if path.name not in ("__init__.py",)
)

# Module → the test file, or what else, that stands for a file of its own. An entry that is not
# needed any more fails too.
WITHOUT_TWIN: dict[str, str] = {
    "actions/images/order.py": "values: tested where inputs and command lines become them",
    "app/clock.py": "the system's clock behind a protocol: nothing to decide",
    "app/embedded.py": "e2e/test_conformance.py",
    "app/sources.py": "e2e/test_action_sources.py",
    "cli/commands/plan.py": "cli/test_plan.py",
    "core/errors.py": "classes without behaviour: each raise is tested where it happens",
    "core/events.py": "values: what is made of them is tested in core and cli/render",
    "core/problem.py": "values: tested by the parsers that make them",
    "core/result.py": "a type",
    "engine/around.py": "engine/test_job.py",
    "engine/handlers/docker.py": "e2e/test_containers.py",
    "engine/machine.py": "values: what a machine lends to its jobs",
    "engine/scope.py": "engine/test_contexts.py",
    "engine/stepfiles.py": "engine/test_step.py",
    "lang/data/actions.py": "lang/rules/test_cache_poisoning.py",
    "executors/cgroup.py": "executors/container/test_processes.py",
    "executors/docker/api.py": "executors/container/test_places.py",
    "executors/docker/images.py": "executors/container/test_images.py",
    "executors/docker/leftovers.py": "executors/container/test_places.py",
    "executors/docker/processes.py": "executors/container/test_processes.py",
    "executors/docker/services.py": "executors/container/test_services.py",
    "executors/docker/stream.py": "executors/container/test_processes.py",
    "lang/data/action.py": "oracles/workflow_parser/test_tables.py",
    "lang/data/contexts.py": "lang/rules/test_unknown_property.py",
    "lang/data/events.py": "oracles/workflow_parser/test_tables.py",
    "lang/data/runners.py": "lang/rules/test_runner_label.py",
    "lang/data/workflow.py": "oracles/workflow_parser/test_tables.py",
    "lang/model.py": "values: tested by the parser that makes them",
    "plan/model.py": "values: tested by the planner that makes them",
}
# Test files for something that is no module.
ACROSS = {"cli/test_plan.py", "lang/expr/test_properties.py"}
PURE_TYPES = ("ports",)
"""Packages that hold protocols only."""


def twin(module: Path) -> Path:
    """Where a module's tests are looked for."""
    return TESTS / module.parent / f"test_{module.stem}.py"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_each_module_says_what_it_is(module: Path) -> None:
    doc = ast.get_docstring(ast.parse((SRC / module).read_text()))
    assert doc
    assert doc.split("\n\n")[0].endswith((".", "?", ":"))


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.parts[0] not in PURE_TYPES and m.stem != "main"], ids=str
)
def test_each_module_has_tests_in_the_same_place(module: Path) -> None:
    there = twin(module).exists() or (TESTS / module.parent / module.stem).is_dir()
    assert there != (str(module) in WITHOUT_TWIN)


def test_no_exception_is_listed_for_a_module_that_is_gone() -> None:
    assert set(WITHOUT_TWIN) <= {str(module) for module in MODULES}


@pytest.mark.parametrize("module", WITHOUT_TWIN)
def test_an_exception_gives_a_reason_or_the_tests_that_stand_for_it(module: str) -> None:
    stands_for_it = WITHOUT_TWIN[module]
    assert " " in stands_for_it or (TESTS / stands_for_it).is_file()


@pytest.mark.parametrize("name", ACTIONS)
def test_each_registered_action_has_a_module_that_answers_to_its_name(name: str) -> None:
    action = importlib.import_module(ACTIONS[name])
    assert name in action.META.names
    assert name == name.lower()
    assert callable(action.run)
    assert callable(action.post)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_a_module_and_the_summary_of_its_help(name: str) -> None:
    module = importlib.import_module(f"agentmesh.cli.commands.{COMMANDS[name][0]}")
    summary = COMMANDS[name][1]
    assert summary.endswith(".")
    assert (module.command.help or "").strip()


def test_each_test_file_is_named_after_something() -> None:
    mirrored = [
        TESTS / package.name for package in SRC.iterdir() if (package / "__init__.py").exists()
    ]
    strays = [
        str(path.relative_to(TESTS))
        for folder in mirrored
        for path in folder.rglob("test_*.py")
        if not names_something(path) and str(path.relative_to(TESTS)) not in ACROSS
    ]
    assert not strays


def names_something(path: Path) -> bool:
    """A module's twin, or one of several test files in a folder named after a module or package."""
    place = SRC / path.relative_to(TESTS).parent
    module = place / f"{path.stem.removeprefix('test_')}.py"
    package = place / path.stem.removeprefix("test_")
    return module.exists() or package.is_dir() or place.with_suffix(".py").exists()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_pattern_repeats_a_group_possessively(module: Path) -> None:
    # Python before 3.11.5 matches such patterns wrongly, and Debian 12 has 3.11.2.
    found = re.findall(r"\)(?:[*+?]|\{[0-9,]+\})\+|\(\?>", (SRC / module).read_text())
    assert not found


def test_the_version_is_in_the_changelog() -> None:
    version = importlib.import_module("agentmesh").__version__
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_each_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = (ROOT / "requirements/run.lock").read_text().lower().replace("_", "-")
    for requirement in project["dependencies"]:
        name = requirement.split(">=")[0].strip().lower().replace("_", "-")
        assert f"\n{name}==" in locked


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda p: p.name
)
def test_lock_files_name_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


@pytest.mark.parametrize(
    "lock",
    [path for path in ROOT.rglob("package-lock.json") if "node_modules" not in path.parts],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_node_lock_files_name_no_address(lock: Path) -> None:
    assert '"resolved": "http' not in lock.read_text()


@pytest.mark.parametrize("record", sorted((ROOT / "docs/adr").glob("*.md")), ids=lambda p: p.name)
def test_each_decision_has_a_context_a_decision_and_consequences(record: Path) -> None:
    text = record.read_text()
    assert text.startswith(f"# {record.name[:4]} ")
    for heading in ("## Context", "## Decision", "## Consequences"):
        assert heading in text
