"""Recorded runs, made here: events as a job runner would have sent them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from agentmesh.core.events import (
    Annotated,
    Event,
    JobCompleted,
    JobInfo,
    JobQueued,
    JobStarted,
    Logged,
    RunCompleted,
    RunStarted,
    StepCompleted,
    StepStarted,
    Summarized,
)
from agentmesh.core.result import Conclusion

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Recording:
    """Builds the events of a run, one call after the other; times are seconds from its start."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._next = 1

    def _add(self, event: Event) -> None:
        self.events.append(msgspec.structs.replace(event, run="7", seq=self._next))
        self._next += event.count if isinstance(event, Logged) else 1

    def run(self, *jobs: str, needs: dict[str, tuple[str, ...]] | None = None) -> None:
        infos = tuple(JobInfo(key=j, job=j, job_id=j, needs=(needs or {}).get(j, ())) for j in jobs)
        self._add(
            RunStarted(
                time=BEGUN,
                workflows=(".github/workflows/ci.yml",),
                event="push",
                ref="refs/heads/main",
                sha="1a2b3c4d5e6f",
                jobs=infos,
                command=("agentmesh", "run", "ci.yml"),
            )
        )

    def queued(
        self,
        key: str,
        at: float,
        *,
        name: str = "",
        needs: tuple[str, ...] = (),
        seconds: float | None = None,
        matrix: dict[str, object] | None = None,
    ) -> None:
        self._add(
            JobQueued(**self._of(key, at, name), needs=needs, seconds=seconds, matrix=matrix or {})
        )

    def started(self, key: str, at: float, *steps: str, name: str = "") -> None:
        self._add(JobStarted(**self._of(key, at, name), runner="host", steps=steps))

    def step(self, key: str, at: float, number: int, step: str, name: str = "") -> None:
        self._add(StepStarted(**self._of(key, at, name), step=step, number=number))

    def log(self, key: str, at: float, number: int, text: str, *, name: str = "") -> None:
        count = text.count("\n") + 1
        of = self._of(key, at, name)
        self._add(Logged(**of, step=f"step {number}", number=number, text=text, count=count))

    def annotate(self, key: str, at: float, number: int, **more: object) -> None:
        of = self._of(key, at, "")
        self._add(Annotated(**of, step="step", number=number, **more))  # type: ignore[arg-type]

    def summarize(self, key: str, at: float, number: int, text: str) -> None:
        self._add(Summarized(**self._of(key, at, ""), step="s", number=number, text=text))

    def step_ended(
        self,
        key: str,
        at: float,
        number: int,
        step: str,
        outcome: Conclusion = "success",
        *,
        seconds: float = 0.5,
        conclusion: Conclusion | None = None,
        exit_code: int | None = None,
        error: str = "",
        why: str = "",
        cpu_seconds: float | None = None,
        peak_memory: int | None = None,
    ) -> None:
        self._add(
            StepCompleted(
                **self._of(key, at, ""),
                step=step,
                number=number,
                outcome=outcome,
                conclusion=conclusion or outcome,
                seconds=seconds,
                exit_code=exit_code,
                error=error,
                why=why,
                cpu_seconds=cpu_seconds,
                peak_memory=peak_memory,
            )
        )

    def ended(
        self,
        key: str,
        at: float,
        conclusion: Conclusion = "success",
        *,
        name: str = "",
        seconds: float = 0.0,
        why: str = "",
        allowed: bool = False,
    ) -> None:
        self._add(
            JobCompleted(
                **self._of(key, at, name),
                conclusion=conclusion,
                seconds=seconds,
                why=why,
                allowed_to_fail=allowed,
            )
        )

    def over(self, at: float, conclusion: Conclusion = "success") -> None:
        time = BEGUN + timedelta(seconds=at)
        self._add(RunCompleted(time=time, conclusion=conclusion, seconds=at))

    @staticmethod
    def _of(key: str, at: float, name: str) -> dict[str, object]:
        shown = name or key
        job_id = key.partition("#")[0].rpartition("/")[2]
        time = BEGUN + timedelta(seconds=at)
        return {"time": time, "job": shown, "job_id": job_id, "key": key}


@pytest.fixture
def recording() -> Recording:
    """An empty recording."""
    return Recording()


@pytest.fixture
def failing_run(recording: Recording) -> Recording:
    """Two cells of a test, one of which fails, after a build; a deployment is skipped."""
    r = recording
    r.run("build", "test", "deploy", needs={"test": ("build",), "deploy": ("test",)})
    r.queued("build", 0)
    r.started("build", 0.1, "Compile")
    r.step("build", 0.1, 1, "Compile")
    r.log("build", 0.5, 1, "##[group]Compilers\ncc\n##[endgroup]\ndone")
    r.step_ended("build", 1.0, 1, "Compile", seconds=0.9)
    r.ended("build", 1.1, seconds=1.0)
    for cell, version in enumerate(("3.11", "3.12")):
        key, name = f"test#{cell}", f"test ({version})"
        r.queued(key, 1.1, name=name, needs=("build",), matrix={"python": version, "fast": True})
        r.started(key, 1.2, "Run pytest", name=name)
        r.step(key, 1.2, 1, "Run pytest", name=name)
    r.log("test#1", 2.0, 1, "\n".join(f"line {n}" for n in range(30)), name="test (3.12)")
    r.annotate("test#1", 2.0, 1, level="error", message="boom", file="src/app.py", line=3, column=1)
    r.step_ended("test#0", 2.2, 1, "Run pytest", seconds=1.0)
    r.ended("test#0", 2.3, seconds=1.1, name="test (3.11)")
    r.step_ended("test#1", 3.2, 1, "Run pytest", "failure", seconds=2.0, exit_code=3)
    r.ended("test#1", 3.3, "failure", seconds=2.1, name="test (3.12)")
    r.ended("deploy", 3.3, "skipped", why="success() is false: test failed")
    r.over(3.4, "failure")
    return r


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Iterable[Event]], Path]:
    """Write events as ``--json`` does; the file."""

    def write(events: Iterable[Event]) -> Path:
        from agentmesh.cli.out import Out
        from agentmesh.cli.render.jsonl import JsonLines

        path = tmp_path / "events.jsonl"
        with path.open("wb") as file:
            lines = JsonLines(Out(file.fileno()))
            for event in events:
                lines(event)
        return path

    return write


@pytest.fixture
def agentmesh(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call the command line as a process, in a repository with a store of its own."""

    def call(*argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            process(*argv),
            cwd=cwd or tmp_path,
            env=environment(tmp_path),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return call


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """The same, but leave it running; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*argv: str) -> subprocess.Popen[str]:
        running = subprocess.Popen(
            process(*argv),
            cwd=tmp_path,
            env=environment(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(running)
        return running

    yield begin
    for running in started:
        running.kill()
        running.communicate()


def process(*argv: str) -> list[str]:
    """The words that start the command line with this Python."""
    program = "import sys; from agentmesh.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", program, *argv]


def environment(home: Path) -> dict[str, str]:
    """A user's environment with a store, and nothing of whoever runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AGENTMESH_HOME": str(home / ".store"),
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def workflow(tmp_path: Path) -> Callable[[str], Path]:
    """Write a workflow that runs for pushes; jobs and steps are given as YAML."""

    def write(jobs: str, name: str = "ci.yml") -> Path:
        path = tmp_path / ".github" / "workflows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / ".git").exists():
            subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
            (tmp_path / ".git" / "info" / "exclude").write_text(".store\n")
        path.write_text("on: push\njobs:\n" + textwrap.indent(textwrap.dedent(jobs), "  "))
        return path

    return write


DEADLINE = 60
"""Seconds after which something that does not appear is a failure; nothing waits for it."""


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, columns: int, rows: int) -> None:
        self._name = f"agentmesh-{uuid.uuid4().hex[:12]}"
        self.columns, self.rows = columns, rows

    def tmux(self, *words: str) -> str:
        command = ("tmux", "-L", self._name, "-f", "/dev/null", *words)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout

    def run(self, *command: str) -> None:
        size = ("-x", str(self.columns), "-y", str(self.rows))
        self.tmux("new-session", "-d", *size, "env", *command)
        self.tmux("set-option", "-g", "status", "off")

    def resize(self, columns: int, rows: int) -> None:
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> list[str]:
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").split("\n")]

    def everything(self) -> list[str]:
        """The screen and what has scrolled off it."""
        return [line.rstrip() for line in self.tmux("capture-pane", "-p", "-S", "-").split("\n")]

    def until(self, holds: Callable[[list[str]], bool]) -> list[str]:
        """The screen as soon as something holds for it."""
        end = time.monotonic() + DEADLINE
        while not holds(lines := self.screen()):
            assert time.monotonic() < end, "\n".join(lines)
            time.sleep(0.02)
        return lines

    def close(self) -> None:
        subprocess.run(("tmux", "-L", self._name, "kill-server"), capture_output=True, check=False)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Open terminals; each is closed at the end."""
    assert shutil.which("tmux"), "these tests need tmux: apt-get install tmux"
    made: list[Terminal] = []

    def open_(columns: int = 80, rows: int = 24) -> Terminal:
        made.append(Terminal(columns, rows))
        return made[-1]

    yield open_
    for each in made:
        each.close()


@pytest.fixture
def in_terminal(tmp_path: Path) -> Callable[..., Path]:
    """Call the command line in a terminal; ``{go}`` stands for the path that is given back."""

    def call(window: Terminal, *argv: str) -> Path:
        go = tmp_path / "go"
        words = [shlex.quote(word.replace("{go}", str(go))) for word in process(*argv)]
        settings = [f"{name}={shlex.quote(text)}" for name, text in environment(tmp_path).items()]
        line = f"cd {shlex.quote(str(tmp_path))} && {' '.join(settings + words)}; sleep 600"
        window.run("sh", "-c", line)
        return go

    return call
