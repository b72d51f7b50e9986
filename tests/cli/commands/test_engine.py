"""``agentmesh engine``, called as a user calls it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agentmesh.cli.dispatch import top


def call(store: Path, *args: str, **environ: str) -> Any:
    command = ["--store", str(store), "engine", *args]
    return CliRunner().invoke(top, command, env={"DOCKER_CONTEXT": "", **environ})


@pytest.mark.skipif(os.geteuid() != 0, reason="an engine is started as root")
def test_an_engine_is_started_used_and_ended(tmp_path: Path, podman: Any) -> None:
    up = call(tmp_path, "up", "--kind", "podman", "--json", DOCKER_HOST="")
    assert up.exit_code == 0, up.output
    started = json.loads(up.stdout)
    assert (started["running"], started["kind"]) == (True, "podman")
    try:
        status = json.loads(call(tmp_path, "status", "--json", DOCKER_HOST="").stdout)
        assert status["socket"] == started["socket"]
        assert status["pid"] == started["pid"]
        assert status["version"].startswith("Podman ")
        shown = call(tmp_path, "status", DOCKER_HOST="").stdout
        assert started["socket"] in shown
    finally:
        down = call(tmp_path, "down", "--json")
    assert json.loads(down.stdout) == {"stopped": True}
    assert "no engine was running" in call(tmp_path, "down").stdout


def test_no_engine_is_exit_1_with_the_remedy(tmp_path: Path) -> None:
    host = f"unix://{tmp_path}/none.sock"
    shown = call(tmp_path, "status", DOCKER_HOST=host)
    assert shown.exit_code == 1
    assert "agentmesh engine up" in shown.output
    asked = call(tmp_path, "status", "--json", DOCKER_HOST=host)
    assert asked.exit_code == 1
    assert json.loads(asked.stdout)["running"] is False
