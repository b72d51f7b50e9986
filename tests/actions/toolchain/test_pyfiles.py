"""Files that name a Python version."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmesh.actions.toolchain.pyfiles import read_versions
from agentmesh.core.errors import AgentmeshError


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".python-version", "3.12\n", ("3.12",)),
        (".python-version", "# ours\n3.12.1\n\n3.11\nmyvenv\n", ("3.12.1", "3.11")),
        (".tool-versions", "nodejs 20\npython 3.12.1 3.11 # both\n", ("3.12.1",)),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.9"\n', (">=3.9",)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.10"\n', ("^3.10",)),
        ("pyproject.toml", '[tool.poetry.dependencies.python]\nversion = "3.11"\n', ("3.11",)),
        ("pyproject.toml", "[project]\n", ()),
        ("Pipfile", '[requires]\npython_version = "3.11"\n', ("3.11",)),
        ("Pipfile", '[requires]\npython_full_version = "3.11.2"\n', ("3.11.2",)),
        ("other.txt", "pypy3.10\n", ("pypy3.10",)),
    ],
)
def test_reads(tmp_path: Path, name: str, text: str, expected: tuple[str, ...]) -> None:
    (tmp_path / name).write_text(text)
    assert read_versions(str(tmp_path), name) == expected


def test_a_missing_or_broken_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AgentmeshError, match="doesn't exist"):
        read_versions(str(tmp_path), ".python-version")
    (tmp_path / "pyproject.toml").write_text("[project")
    with pytest.raises(AgentmeshError, match=r"pyproject\.toml"):
        read_versions(str(tmp_path), "pyproject.toml")
    (tmp_path / ".python-version").write_bytes(b"\xff\xfe3")
    with pytest.raises(AgentmeshError, match="cannot be read"):
        read_versions(str(tmp_path), ".python-version")
