"""GitHub's published implementations, as judges of our own.

``oracles`` is the folder whose ``node_modules`` holds them, installed from the lock file when they
are missing or another version than the lock file's; ``judge`` runs one of the node scripts here
over lines of JSON. A machine without node fails these tests: skipping them would say nothing.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
DEADLINE = 900
"""Seconds after which a node process is ended and its test fails."""

Judge = Callable[[str, Iterable[object]], list[Any]]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is not on PATH; the differential tests need node 20 or newer with npm")
    return found


def _installed() -> bool:
    """Whether what npm says it has installed is what the lock file asks for."""
    hidden = HERE / "node_modules" / ".package-lock.json"
    if not hidden.exists():
        return False
    have = json.loads(hidden.read_text())["packages"]
    want = json.loads((HERE / "package-lock.json").read_text())["packages"]
    return all(
        have.get(path, {}).get("version") == package.get("version")
        for path, package in want.items()
        if path and not package.get("optional")
    )


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder with the judges installed."""
    _program("node")
    # One worker installs, the others wait for it. The lock is on this file, as node_modules goes.
    with open(__file__, "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _installed():
            _install()
    return HERE


def _install() -> None:
    done = subprocess.run(
        [_program("npm"), "ci", "--no-audit", "--no-fund"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def judge(oracles: Path) -> Judge:
    """Run a script of this folder: one line of JSON in, one line of JSON out, in order."""

    def run(script: str, cases: Iterable[object]) -> list[Any]:
        lines = [json.dumps(case) for case in cases]
        done = subprocess.run(
            [_program("node"), "--stack-size=4000", str(oracles / script)],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=DEADLINE,
        )
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.split("\n") if line]
        assert len(answers) == len(lines), done.stderr
        return answers

    return run
