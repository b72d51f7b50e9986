"""The services of a run, and jobs whose actions call them with GitHub's published clients."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from agentmesh.actions.caching import scope
from agentmesh.ports.archives import Place
from agentmesh.services.run_services import RunServices
from agentmesh.store.archive_artifacts import ArchiveArtifacts
from agentmesh.store.archive_cache import ArchiveCache
from agentmesh.store.keys import kept
from agentmesh.store.layout import Layout
from services.conftest import spec

DEADLINE = 300


class Job:
    """A job's folders, its pass, and processes of its own."""

    def __init__(self, services: RunServices, root: Path, oracles: Path, **fields: Any) -> None:
        self.workspace = root / "app/app"
        self.home = root / "home"
        self.temp = root / "temp"
        for folder in (self.workspace, self.home, self.temp):
            folder.mkdir(parents=True)
        roots = (str(self.workspace), str(self.home), str(self.temp))
        place = Place(workspace=roots[0], home=roots[1], roots=roots)
        self.warnings: list[str] = []
        self.owner = services.admit(spec(**fields), place, identity=True, warn=self.warnings.append)
        self._oracles = oracles
        self._number = 0

    def start(
        self, *commands: Mapping[str, object], path: str = ""
    ) -> tuple[subprocess.Popen[str], Path]:
        """A process with the clients, and the file that its answers will be in."""
        self._number += 1
        results = self.temp / f"results-{self._number}.json"
        env = {
            "PATH": path or os.environ["PATH"],
            "HOME": str(self.home),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_SERVER_URL": "https://github.com",
            "RUNNER_TEMP": str(self.temp),
            "COMMANDS": json.dumps(commands),
            "RESULTS": str(results),
            **self.owner.variables("node"),
        }
        process = subprocess.Popen(
            [shutil.which("node") or "node", str(self._oracles / "services/client.mjs")],
            cwd=self.workspace,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return process, results

    def run(self, *commands: Mapping[str, object], path: str = "") -> list[Any]:
        """The answers; a command that failed gives its message."""
        process, results = self.start(*commands, path=path)
        self.said, _ = process.communicate(timeout=DEADLINE)
        assert process.returncode == 0, self.said
        return [a.get("value", a.get("error")) for a in json.loads(results.read_text())]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "store"))


@pytest.fixture
def services(layout: Layout) -> Iterator[RunServices]:
    started = RunServices(
        ArchiveCache(layout),
        ArchiveArtifacts(layout),
        lambda make_key: kept(layout, "oidc.pem", make_key),
        scope,
    )
    yield started
    started.close()


@pytest.fixture
def admit(services: RunServices, oracles: Path, tmp_path: Path) -> Callable[..., Job]:
    """Let a job in: ``admit("name", run="1")``."""

    def let_in(name: str = "job", **fields: Any) -> Job:
        return Job(services, tmp_path / name, oracles, **fields)

    return let_in
