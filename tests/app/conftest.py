"""Real git repositories for the tests of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentmesh.app.arguments import RunArguments
from agentmesh.app.plan import Prepared, prepare, secret_names
from agentmesh.app.settings import Settings

Git = Callable[..., str]


@pytest.fixture(scope="session")
def git(tmp_path_factory: pytest.TempPathFactory) -> Git:
    """Git in a folder, as Ada, without anybody's own configuration."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"HOME": str(tmp_path_factory.mktemp("home")), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(folder: Path, *args: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        command = ["git", *identity, *args]
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="session")
def commit(git: Git) -> Callable[..., str]:
    """``commit(root, path, message)``: write the message into a file, commit it, give the id."""

    def make(root: Path, path: str, message: str) -> str:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(message)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", message)
        return git(root, "rev-parse", "HEAD")

    return make


@pytest.fixture(scope="session")
def original(
    tmp_path_factory: pytest.TempPathFactory, git: Git, commit: Callable[..., str]
) -> Path:
    """A repository on ``main`` with two commits and an origin, for tests to copy."""
    root = tmp_path_factory.mktemp("original") / "project"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "config", "user.name", "Ada Lovelace")
    git(root, "remote", "add", "origin", "git@github.com:octo/repo.git")
    commit(root, "src/a.py", "First")
    commit(root, "src/b.py", "Second\n\nbody")
    return root


@pytest.fixture
def checkout(tmp_path: Path, original: Path) -> Path:
    """A copy of the original repository that a test may change."""
    return Path(shutil.copytree(original, tmp_path / "project"))


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., Prepared]:
    """``planned({file: text}, **arguments)``: prepare a run in a folder without git."""

    def run(
        files: dict[str, str], *, environ: dict[str, str] | None = None, **given: Any
    ) -> Prepared:
        place = tmp_path / "project" / ".github" / "workflows"
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(textwrap.dedent(text))
        settings = Settings(
            store=str(tmp_path / "store"),
            directory=str(tmp_path / "project"),
            environ=environ or {"USER": "ada"},
        )
        arguments = RunArguments(**given)
        return prepare(arguments, settings, secret_names(arguments, settings))

    return run
