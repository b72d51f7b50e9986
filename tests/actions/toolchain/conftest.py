"""The interpreter that runs the tests, as one that was found on the machine."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pytest

from agentmesh.actions.toolchain.pythons import Python
from agentmesh.actions.toolchain.versions import parse


@pytest.fixture(scope="session")
def slot_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slots of all tests, so that a pip is unpacked once."""
    return tmp_path_factory.mktemp("slots")


@pytest.fixture
def own_python() -> Python:
    version = parse(platform.python_version())
    assert version is not None
    name = f"python{version.major}.{version.minor}"
    return Python(executable=os.path.join(sys.base_prefix, "bin", name), version=version)
