"""A job to run built-in actions in: real folders, real processes, and stores made of folders."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from agentmesh.core.errors import SetupError
from agentmesh.lang.model import Job
from agentmesh.plan.model import JobSpec, Options, Source
from agentmesh.ports.action import Action, Completed, Services
from agentmesh.ports.executor import JobDirs
from fakes.stores import FolderArtifacts, FolderCache, FolderSource

T = TypeVar("T")
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class Context:
    """ports.action.StepContext for one step of a :class:`Bench`; keeps what the action did."""

    def __init__(self, bench: Bench, uses: str) -> None:
        self._bench = bench
        self.spec = bench.spec
        self.dirs = bench.dirs
        self.services = bench.services
        self.env: Mapping[str, str] = dict(bench.env)
        self.state: dict[str, str] = {}
        self.job_status: Literal["success", "failure", "cancelled"] = "success"
        self.uses = uses
        self.said: list[str] = []
        self.annotations: list[tuple[str, str]] = []
        self.summary = ""
        self.masked: list[str] = []
        self.ran: list[tuple[str, ...]] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def annotate(
        self,
        level: Literal["error", "warning", "notice"],
        message: str,
        *,
        file: str = "",
        line: int = 0,
        title: str = "",
    ) -> None:
        self.annotations.append((level, message))

    def export(self, name: str, value: str) -> None:
        self._bench.env[name] = value

    def add_path(self, directory: str) -> None:
        self._bench.env["PATH"] = f"{directory}:{self._bench.env['PATH']}"

    def mask(self, value: str) -> None:
        self.masked.append(value)

    def summarize(self, markdown: str) -> None:
        self.summary += markdown

    async def run(
        self,
        argv: tuple[str, ...],
        *,
        cwd: str = "",
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Completed:
        whole = {**self._bench.env, **(env or {})}
        self.ran.append(argv)
        if shutil.which(argv[0], path=whole["PATH"]) is None:
            raise SetupError(f"{argv[0]}: command not found", remedy="Install it.")
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=os.path.join(self.dirs.workspace, cwd),
            env=whole,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        text = out.decode("utf-8", "replace")
        if not quiet:
            self.said.append(text)
        assert process.returncode is not None
        return Completed(code=process.returncode, output=text)

    def service_variables(self) -> Mapping[str, str]:
        return {"ACTIONS_RUNTIME_TOKEN": "a-token-of-this-test"}

    async def in_thread(self, function: Callable[..., T], /, *args: object) -> T:
        return await asyncio.to_thread(function, *args)

    @property
    def log(self) -> str:
        return "\n".join(self.said)

    def warnings(self) -> list[str]:
        return [message for level, message in self.annotations if level == "warning"]


class Done(msgspec.Struct, frozen=True):
    """What an action gave."""

    outputs: Mapping[str, str]
    ctx: Context


class Bench:
    """One job: its folders, its environment, and the stores of its machine."""

    def __init__(self, root: Path, machine: Path) -> None:
        self.root = root
        folders = ("workspace", "home", "temp", "tools", "actions", "files")
        for name in folders:
            (root / name).mkdir(parents=True)
        self.dirs = JobDirs(root=str(root), **{name: str(root / name) for name in folders})
        self.cache = FolderCache(machine / "cache")
        self.artifacts = FolderArtifacts(machine / "artifacts")
        self.source = FolderSource()
        self.services = Services(
            cache=self.cache,
            artifacts=self.artifacts,
            source=self.source,
            shared=str(machine / "shared"),
        )
        self.env = {
            "PATH": SYSTEM_PATH,
            "HOME": self.dirs.home,
            "RUNNER_TEMP": self.dirs.temp,
            "RUNNER_TOOL_CACHE": self.dirs.tools,
            "RUNNER_OS": "Linux",
            "RUNNER_ARCH": "X64",
            "GITHUB_WORKSPACE": self.dirs.workspace,
        }
        self.github: dict[str, Any] = {
            "repository": "octo/repo",
            "ref": "refs/heads/main",
            "ref_name": "main",
            "sha": "",
            "server_url": "https://github.com",
            "run_id": "1",
            "event": {},
        }
        self.source_directory = str(machine / "none")
        self.committed = False
        self.options = Options()

    @property
    def workspace(self) -> Path:
        return Path(self.dirs.workspace)

    @property
    def home(self) -> Path:
        return Path(self.dirs.home)

    @property
    def spec(self) -> JobSpec:
        return JobSpec(
            run="r1",
            key="build",
            id="build",
            name="build",
            job=Job(id="build"),
            workflow_path=".github/workflows/ci.yml",
            github=self.github,
            source=Source(
                directory=self.source_directory,
                repository="octo/repo",
                committed=self.committed,
            ),
            options=self.options,
        )

    def inputs(self, action: Action, given: Mapping[str, str]) -> dict[str, str]:
        """What the engine hands over: all declared inputs, defaults evaluated."""
        known = {"github.repository": "octo/repo", "github.token": "", "github.run_id": "1"}
        known |= {"github.workspace": self.dirs.workspace, "runner.debug == '1'": "false"}

        def value(text: str) -> str:
            return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda m: known.get(m[1], ""), text)

        values = {item.name: value(item.default) for item in action.META.inputs}
        return values | {
            name if name in values else name.replace("_", "-"): text for name, text in given.items()
        }

    def use(self, action: Action, uses: str = "", /, **given: str) -> Done:
        """Run an action's main part: ``use(checkout, fetch_depth="0")``."""
        ctx = Context(self, uses or action.META.names[0] + "@v1")
        outputs = asyncio.run(action.run(self.inputs(action, given), ctx))
        return Done(outputs, ctx)

    def finish(self, action: Action, done: Done, /, **given: str) -> Context:
        """Run its post part, in a step context of its own that has the state of the main one."""
        ctx = Context(self, done.ctx.uses)
        ctx.state = done.ctx.state
        ctx.job_status = done.ctx.job_status
        asyncio.run(action.post(self.inputs(action, given), ctx))
        return ctx

    def sh(self, script: str, *, cwd: Path | None = None) -> str:
        """What a later step of the job would print."""
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=cwd or self.workspace,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """What outlasts a job: its stores."""
    folder = tmp_path / "machine"
    folder.mkdir()
    return folder


@pytest.fixture
def bench(tmp_path: Path, machine: Path) -> Bench:
    return Bench(tmp_path / "job", machine)


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """Run git as a fixed author at a fixed time; what it prints."""
    env = {"PATH": SYSTEM_PATH, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.com"}
        env[f"GIT_{who}_DATE"] = "2026-01-02T03:04:05Z"

    def run(cwd: Path, *args: str) -> str:
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *args],
            cwd=cwd,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    return run


@pytest.fixture
def repo(bench: Bench, tmp_path: Path, git: Callable[..., str]) -> Path:
    """The user's repository: three commits on main, a tag, a branch, nothing uncommitted."""
    root = tmp_path / "user"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for number in ("1", "2", "3"):
        (root / "number.txt").write_text(number)
        (root / f"file{number}.txt").write_text("same\n")
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", f"Commit {number}")
    git(root, "tag", "-a", "v1", "-m", "One", "HEAD~1")
    git(root, "branch", "other", "HEAD~2")
    bench.source_directory = str(root)
    bench.github["sha"] = git(root, "rev-parse", "HEAD")
    return root
