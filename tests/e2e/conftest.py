"""The end-to-end harness: real workflow files, through the real command line.

``repository`` makes a git repository of a dict of files; ``run_cli`` runs ``agentmesh`` as a
process and hands back its exit code, its text and its parsed events; ``start_cli`` leaves it
running, so that a test can wait for an event, send a signal and see what happens. Each test has a
store of its own.

    def test_a_job_succeeds(repository, run_cli):
        repo = repository({".github/workflows/ci.yml": WORKFLOW})
        ran = run_cli("run", "--json", "--event", "push", cwd=repo)
        assert ran.code == 0
        assert ran.jobs == {"build": "success"}
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

Json = dict[str, Any]
DEADLINE = 120
"""Seconds after which a hanging command is killed and the test fails; no test waits for it."""

WORKFLOW = ".github/workflows/ci.yml"

# What would tell a child of this test run that it runs somewhere else than a user's shell.
FOREIGN = ("AGENTMESH_", "GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "STATE_", "GIT_", "PYTEST_")


class Ran(msgspec.Struct, frozen=True):
    """How a command has ended. ``events`` are the lines of ``--json``, in order."""

    code: int
    stdout: str
    stderr: str
    events: tuple[Json, ...] = ()

    def of(self, kind: str, **fields: object) -> list[Json]:
        """Events of a type whose fields have these values."""
        return [
            event
            for event in self.events
            if event["type"] == kind
            and all(event.get(name) == value for name, value in fields.items())
        ]

    @property
    def jobs(self) -> dict[str, str]:
        """Display name → conclusion, in the order the jobs ended."""
        return {event["job"]: event["conclusion"] for event in self.of("job.completed")}

    def steps(self, job: str) -> dict[str, str]:
        """Step name → conclusion of one job, in order."""
        return {e["step"]: e["conclusion"] for e in self.of("step.completed", job=job)}

    def log(self, job: str | None = None, step: str | None = None) -> list[str]:
        """The lines that were logged; of one job, of one step."""
        return [
            event["text"]
            for event in self.of("log")
            if job in (None, event["job"]) and step in (None, event["step"])
        ]

    @property
    def conclusion(self) -> str:
        """How the run ended; the last event says it."""
        return str(self.events[-1]["conclusion"])


class Running:
    """A command that is still running: read its events, signal it, and let it end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[str] = []
        self._errors: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)

    def wait_for(self, kind: str, **fields: object) -> Json:
        """The first event of this type with these fields; fails when the command ends before."""

        def found() -> Json | None:
            for line in self._lines:
                event: Json = json.loads(line)
                if event["type"] == kind and all(event.get(k) == v for k, v in fields.items()):
                    return event
            return None

        with self._news:
            self._news.wait_for(lambda: self._ended or found() is not None, timeout=DEADLINE)
            event = found()
        if event is None:
            pytest.fail(f"no {kind} {fields} in:\n{''.join(self._lines)}{''.join(self._errors)}")
        return event

    def interrupt(self) -> None:
        """Ctrl-C, as the terminal sends it."""
        self.process.send_signal(signal.SIGINT)

    def finish(self) -> Ran:
        """Wait for the end."""
        code = self.process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        stdout = "".join(self._lines)
        return Ran(code, stdout, "".join(self._errors), parsed(stdout))

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def parsed(stdout: str) -> tuple[Json, ...]:
    """The events among a command's lines; none where it printed something else."""
    events = []
    for line in stdout.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            return ()
        if not isinstance(event, dict) or "type" not in event:
            return ()
        events.append(event)
    return tuple(events)


def agentmesh() -> str:
    """The console script beside the Python that runs the tests: what a user types."""
    return str(Path(sys.executable).with_name("agentmesh"))


@pytest.fixture
def cli_environment(tmp_path: Path) -> dict[str, str]:
    """The user's environment, with a store and a home of the test's own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN) and k != "CI"}
    home = tmp_path / "home"
    home.mkdir()
    return env | {
        "AGENTMESH_HOME": str(tmp_path / "store"),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
    }


@pytest.fixture
def git(cli_environment: dict[str, str]) -> Callable[..., str]:
    """Run git in a folder as a fixed author at a fixed time; gives what it prints."""
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "Ada"),
            ("EMAIL", "ada@example.com"),
            ("DATE", "2026-01-02T03:04:05Z"),
        )
    }

    def run(cwd: Path, *args: str) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=cwd,
            env=cli_environment | identity,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Callable[..., str]) -> Callable[..., Path]:
    """Make a repository on ``main`` with one commit: ``repository({path: text}, origin=…)``."""

    def make(files: Mapping[str, str], *, name: str = "repo", origin: str = "octo/repo") -> Path:
        root = tmp_path / name
        root.mkdir()
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        git(root, "init", "-q", "-b", "main")
        if origin:
            git(root, "remote", "add", "origin", f"https://github.com/{origin}.git")
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", "First")
        return root

    return make


@pytest.fixture
def run_cli(cli_environment: dict[str, str]) -> Callable[..., Ran]:
    """Run ``agentmesh ARGS…`` to its end: ``run_cli(*args, cwd=…, env={…}, stdin="")``; ``seconds``
    where it may take longer than most."""

    def run(
        *args: str,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        seconds: float = DEADLINE,
    ) -> Ran:
        done = subprocess.run(
            [agentmesh(), *args],
            cwd=cwd,
            env=cli_environment | dict(env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        return Ran(done.returncode, done.stdout, done.stderr, parsed(done.stdout))

    return run


@pytest.fixture
def start_cli(cli_environment: dict[str, str]) -> Iterator[Callable[..., Running]]:
    """Start ``agentmesh ARGS…`` in a session of its own and leave it running."""
    started: list[Running] = []

    def start(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> Running:
        process = subprocess.Popen(
            [agentmesh(), *args],
            cwd=cwd,
            env=cli_environment | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(Running(process))
        return started[-1]

    yield start
    for running in started:
        running.close()


@pytest.fixture
def run_workflow(
    repository: Callable[..., Path], run_cli: Callable[..., Ran]
) -> Callable[..., Ran]:
    """The common case in one call: ``run_workflow(text, *args, files={…})`` on a push."""

    def run(workflow: str, *args: str, files: Mapping[str, str] | None = None) -> Ran:
        repo = repository({WORKFLOW: workflow, **(files or {})})
        return run_cli("run", "--json", "--event", "push", *args, cwd=repo)

    return run
