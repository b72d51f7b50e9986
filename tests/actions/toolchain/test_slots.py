"""A Python of one's own for each job."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentmesh.actions.toolchain import slots
from agentmesh.actions.toolchain.pythons import Python
from agentmesh.actions.toolchain.versions import Version
from agentmesh.core.errors import SetupError


def ask(slot: slots.Slot, code: str) -> str:
    return subprocess.run(
        [f"{slot.bin}/python", "-c", code], capture_output=True, text=True, check=True, env={}
    ).stdout.strip()


def test_a_slot_is_a_prefix_of_its_own(own_python: Python, slot_root: Path) -> None:
    slot = slots.lease(own_python, "x64", str(slot_root))
    try:
        assert ask(
            slot, "import sys; print(sys.prefix, sys.base_prefix, sys.executable)"
        ).split() == [
            slot.prefix,
            slot.prefix,
            f"{slot.bin}/python",
        ]
        where = ask(
            slot, "import sysconfig as s; print(s.get_path('purelib'), s.get_path('scripts'))"
        )
        assert all(p.startswith(slot.prefix) for p in where.split())
        assert ask(slot, "import ssl, sqlite3, ctypes, json; print(len(json.dumps([])))") == "2"
        assert slot.prefix in ask(slot, "import pip; print(pip.__file__)")
    finally:
        slots.give_back(slot.lock)


def test_slots_in_use_are_not_given_twice(own_python: Python, slot_root: Path) -> None:
    one = slots.lease(own_python, "x64", str(slot_root))
    two = slots.lease(own_python, "x64", str(slot_root))
    assert one.prefix != two.prefix
    slots.give_back(one.lock)
    slots.give_back(one.lock)
    assert slots.lease(own_python, "x64", str(slot_root)).prefix == one.prefix
    slots.give_back(two.lock)


def test_what_a_job_left_is_gone_and_what_it_broke_is_whole(
    own_python: Python, slot_root: Path
) -> None:
    first = slots.lease(own_python, "x64", str(slot_root))
    prefix = Path(first.prefix)
    (pip,) = (p for p in prefix.rglob("pip") if (p / "__init__.py").exists())
    packages = pip.parent
    (packages / "left.py").write_text("")
    (packages / "package").mkdir()
    (prefix / "bin/tool").write_text("")
    (prefix / "bin/pip").write_text("broken")
    (prefix / "share").mkdir(exist_ok=True)
    (prefix / "share/man").mkdir()
    (prefix / "bin/python").unlink()
    (prefix / "bin/python").write_text("not a link")
    shutil.rmtree(pip)
    slots.give_back(first.lock)
    again = slots.lease(own_python, "x64", str(slot_root))
    assert again.prefix == first.prefix
    assert not (packages / "left.py").exists()
    assert not (packages / "package").exists()
    assert not (prefix / "bin/tool").exists()
    assert not (prefix / "share/man").exists()
    assert (prefix / "bin/python").is_symlink()
    shown = subprocess.run(
        [f"{again.bin}/pip", "--version"], capture_output=True, text=True, check=True
    )
    # Debian's Python names the folder by way of local/, a link to the prefix
    where = shown.stdout.split(" from ")[1].rsplit(" (python ", 1)[0]
    assert Path(where).resolve() == (packages / "pip").resolve()
    slots.give_back(again.lock)


def test_removing_pip_from_a_slot_leaves_the_others_whole(
    own_python: Python, slot_root: Path
) -> None:
    one = slots.lease(own_python, "x64", str(slot_root))
    two = slots.lease(own_python, "x64", str(slot_root))
    pip = [f"{one.bin}/python", "-m", "pip"]
    subprocess.run([*pip, "uninstall", "-q", "-y", "pip"], check=True, capture_output=True)
    assert subprocess.run([*pip, "--version"], check=False, capture_output=True).returncode != 0
    assert ask(two, "import pip; print(1)") == "1"
    for slot in (one, two):
        slots.give_back(slot.lock)
    again = slots.lease(own_python, "x64", str(slot_root))
    assert ask(again, "import pip._internal.cli.main; print(1)") == "1"
    slots.give_back(again.lock)


def test_a_virtual_environment_outlives_the_job_that_made_it(
    own_python: Python, slot_root: Path, tmp_path: Path
) -> None:
    slot = slots.lease(own_python, "x64", str(slot_root))
    make = [f"{slot.bin}/python", "-m", "venv", "--without-pip", str(tmp_path / "venv")]
    subprocess.run(make, check=True)
    slots.give_back(slot.lock)
    slots.give_back(slots.lease(own_python, "x64", str(slot_root)).lock)
    run = [tmp_path / "venv/bin/python", "-c", "import sys; print(sys.prefix)"]
    assert subprocess.check_output(run, text=True).strip() == str(tmp_path / "venv")


def test_the_machines_interpreter_is_never_written_to(own_python: Python, slot_root: Path) -> None:
    slot = slots.lease(own_python, "x64", str(slot_root))
    base = os.path.realpath(sys.base_prefix)
    shape_of = Path(slot.prefix)
    for folder in ("", "bin", "lib", "include"):
        assert not (shape_of / folder).is_symlink()
    packages = Path(ask(slot, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    include = Path(ask(slot, "import sysconfig; print(sysconfig.get_path('include'))"))
    for own in (packages, include):
        assert not os.path.realpath(own).startswith(base + "/")
    slots.give_back(slot.lock)


def test_a_program_that_does_not_work_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    python = Python(executable=str(broken), version=Version(3, 12, 1))
    with pytest.raises(SetupError, match="does not work"):
        slots.lease(python, "x64", str(tmp_path / "root"))
