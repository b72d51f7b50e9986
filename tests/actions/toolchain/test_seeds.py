"""The pip that a new Python comes with."""

from __future__ import annotations

import os
from pathlib import Path

from agentmesh.actions.toolchain import pythons, seeds
from agentmesh.actions.toolchain.pythons import Python


def test_a_seed_is_made_once_and_linked(
    own_python: Python, slot_root: Path, tmp_path: Path
) -> None:
    facts = pythons.ask(own_python.executable)
    assert facts is not None
    one = seeds.seed(own_python.executable, facts, str(slot_root))
    assert one is not None
    assert seeds.seed(own_python.executable, facts, str(slot_root)) == one
    packages = tmp_path / "packages"
    packages.mkdir()
    seeds.link_packages(one, str(packages))
    assert sorted(os.listdir(packages)) == sorted(one.names)
    (packages / "pip/__init__.py").unlink()
    (packages / "pip/__init__.py").write_text("changed")
    seeds.link_packages(one, str(packages))
    assert "changed" not in (packages / "pip/__init__.py").read_text()


def test_an_interpreter_without_wheels_has_no_seed(own_python: Python, tmp_path: Path) -> None:
    import msgspec

    facts = pythons.ask(own_python.executable)
    assert facts is not None
    bare = msgspec.structs.replace(facts, stdlib=str(tmp_path), wheels="")
    assert seeds.seed(own_python.executable, bare, str(tmp_path)) is None
