"""A job runner of real parts (processes of this machine, folders of the test), for jobs given as
the text of their workflow."""

from __future__ import annotations

import asyncio
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentmesh.app.clock import SystemClock
from agentmesh.app.machine import which
from agentmesh.core.errors import SetupError
from agentmesh.core.events import Event, Logged, StepCompleted
from agentmesh.engine.cancel import CancelSource
from agentmesh.engine.job import LocalRunner
from agentmesh.engine.machine import Machine
from agentmesh.executors.host import HostExecutor
from agentmesh.executors.spawner import Spawner
from agentmesh.lang.parse import workflow
from agentmesh.plan.model import JobSpec, Options, Source
from agentmesh.ports.action import Action, Services
from agentmesh.ports.job_runner import JobResult
from agentmesh.ports.runtime import Runtime
from agentmesh.ports.source import Fetched
from agentmesh.store.hashfiles import hash_files


class Outcome(msgspec.Struct, frozen=True):
    """What a job made of itself."""

    result: JobResult
    events: tuple[Event, ...]

    @property
    def steps(self) -> dict[str, str]:
        """Step → conclusion, in order."""
        return {e.step: e.conclusion for e in self.events if isinstance(e, StepCompleted)}

    def of(self, kind: type[Any]) -> list[Any]:
        return [e for e in self.events if isinstance(e, kind)]

    def log(self, step: str | None = None) -> list[str]:
        """The lines of the log, of one step or of all."""
        return [
            line for e in self.of(Logged) if step in (None, e.step) for line in e.text.split("\n")
        ]


class FolderSource:
    """Repositories of actions in folders of the test: ``owner/repo`` at any ref."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    async def fetch(self, repository: str, ref: str) -> Fetched:
        from agentmesh.core.errors import SetupError

        if repository not in self._folders:
            raise SetupError(f"cannot fetch {repository}", remedy="name a folder")
        return Fetched(directory=self._folders[repository])


def _no_containers() -> Any:
    raise SetupError("there is no container engine in these tests")


@pytest.fixture(scope="session")
def spawner() -> Iterator[Spawner]:
    started = Spawner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def run_job(tmp_path: Path, spawner: Spawner) -> Callable[..., Outcome]:
    """Run the only job of a workflow: ``run_job(text, secrets={…}, files={path: text}, …)``.

    ``files`` make up the repository; ``actions`` maps owner/repo to files; ``builtins`` maps names to
    modules; ``during`` is called with the cancellation and each event; ``runtime`` gives the
    services that actions call.
    """

    def run(
        text: str,
        *,
        secrets: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        actions: Mapping[str, Mapping[str, str]] | None = None,
        builtins: Mapping[str, Action] | None = None,
        during: Callable[[CancelSource, Event], None] | None = None,
        runtime: Callable[[], Runtime] | None = None,
        **fields: Any,
    ) -> Outcome:
        parsed, problems = workflow(textwrap.dedent(text), "ci.yml")
        assert parsed is not None, problems
        (job,) = parsed.jobs.values()
        repository = write(tmp_path / "repo", files or {})
        folders = {name: write(tmp_path / name, made) for name, made in (actions or {}).items()}
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        machine = Machine(
            name="here",
            arch="X64",
            work=str(work),
            files=str(work),
            env={"PATH": os.environ["PATH"], "FROM_MACHINE": "yes"},
            executor=lambda: HostExecutor(spawner),
            containers=_no_containers,
            services=lambda: Services(
                cache=None,  # type: ignore[arg-type]
                artifacts=None,  # type: ignore[arg-type]
                source=FolderSource(folders),
            ),
            clock=SystemClock(),
            find_action=(builtins or {}).get,
            hash_files=lambda patterns, root, home: hash_files(patterns, root, home=home),
            which=which,
            node=lambda: which("node", os.environ["PATH"]) or "node",
            runtime=runtime,
        )
        spec = JobSpec(
            **{
                "run": "1",
                "key": job.id,
                "id": job.id,
                "name": job.id,
                "job": job,
                "workflow_path": "ci.yml",
                "workflow_env": parsed.env,
                "defaults": parsed.defaults,
                "github": {"event_name": "push", "event": {"n": 1}, "sha": "abc", "ref": "r"},
                "secrets": {name: name for name in secrets or {}},
                "source": Source(directory=repository, repository="octo/repo"),
                "options": Options(),
                **fields,
            }
        )
        events: list[Event] = []

        async def perform() -> JobResult:
            source = CancelSource()

            def emit(event: Event) -> None:
                events.append(event)
                if during is not None:
                    during(source, event)

            return await LocalRunner(machine).run(spec, dict(secrets or {}), source, emit)

        result = asyncio.run(perform())
        assert os.listdir(work) in ([], ["1"])
        return Outcome(result, tuple(events))

    return run


def write(root: Path, files: Mapping[str, str]) -> str:
    """Write files below a folder; the folder."""
    root.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text))
    return str(root)
