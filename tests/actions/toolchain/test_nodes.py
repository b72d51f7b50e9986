"""Finding Node.js."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmesh.actions.toolchain import nodes
from agentmesh.actions.toolchain.versions import satisfies


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_folders_of_version_managers_and_path(tmp_path: Path) -> None:
    for place in (
        ".nvm/versions/node/v20.11.1",
        ".local/share/fnm/node-versions/v22.1.0/installation",
        ".volta/tools/image/node/18.2.0",
        "cache/node/16.20.0/x64",
    ):
        program(tmp_path / place / "bin/node", f"echo {place}")
        program(tmp_path / place / "bin/npm", "")
    program(tmp_path / "bin/node", "echo v24.1.0")
    program(tmp_path / "broken/node", "exit 1")
    env = {
        "PATH": f"{tmp_path}/broken:{tmp_path}/bin",
        "RUNNER_TOOL_CACHE": str(tmp_path / "cache"),
    }
    found = [n for n in nodes.find(env, str(tmp_path)) if str(tmp_path) in n.executable]
    versions = [str(n.version) for n in found]
    assert versions == ["20.11.1", "22.1.0", "18.2.0", "16.20.0", "24.1.0"]
    assert set(found[0].programs) == {"node", "npm"}


@pytest.mark.parametrize(
    ("text", "fits", "does_not"),
    [
        ("20", "20.1.0", "21.0.0"),
        ("v20.1", "20.1.9", "20.2.0"),
        ("lts/*", "22.1.0", "21.1.0"),
        ("lts/Iron", "20.9.0", "22.0.0"),
        ("lts/-1", "22.0.0", "24.0.0"),
        ("latest", "23.0.0", "23.0.0-rc.1"),
        (">=18 <21", "20.0.0", "21.0.0"),
    ],
)
def test_what_a_version_means(text: str, fits: str, does_not: str) -> None:
    from agentmesh.actions.toolchain.versions import parse

    wanted, yes, no = nodes.wanted(text), parse(fits), parse(does_not)
    assert wanted is not None
    assert yes is not None
    assert no is not None
    assert satisfies(yes, wanted)
    assert not satisfies(no, wanted)


@pytest.mark.parametrize("text", ["lts/unknown", "lts/-99", "nonsense!"])
def test_what_is_no_version(text: str) -> None:
    assert nodes.wanted(text) is None
