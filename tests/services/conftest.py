"""The services of a run on real stores, jobs with passes, and a client that says what it likes."""

from __future__ import annotations

import http.client
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from agentmesh.actions.caching import scope
from agentmesh.lang.parse import workflow
from agentmesh.plan.model import JobSpec, Source
from agentmesh.ports.archives import Place
from agentmesh.services.passes import JobPass
from agentmesh.services.run_services import RunServices
from agentmesh.store.archive_artifacts import ArchiveArtifacts
from agentmesh.store.archive_cache import ArchiveCache
from agentmesh.store.keys import kept
from agentmesh.store.layout import Layout

CACHES = "github.actions.results.api.v1.CacheService"
ARTIFACTS = "github.actions.results.api.v1.ArtifactService"
WORKFLOW = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"


class Answer(msgspec.Struct, frozen=True):
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def request(
    address: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, dict(headers or {}))
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, names, answer.read())
    finally:
        connection.close()


def spec(run: str = "1", **fields: Any) -> JobSpec:
    """A job of octo/app on its main branch, unless told otherwise."""
    parsed, _ = workflow(WORKFLOW, "ci.yml")
    assert parsed is not None
    github = {
        "repository": "octo/app",
        "repository_owner": "octo",
        "ref": "refs/heads/main",
        "event_name": "push",
        "sha": "abc",
        "workflow_sha": "abc",
        **fields.pop("github", {}),
    }
    return JobSpec(
        **{
            "run": run,
            "key": "build",
            "id": "build",
            "name": "build",
            "job": parsed.jobs["build"],
            "workflow_path": "ci.yml",
            "github": github,
            "source": Source(directory="/nowhere", repository="octo/app"),
            **fields,
        }
    )


class Job:
    """A job with its pass, and calls in its name."""

    def __init__(self, owner: JobPass, place: Place, warnings: list[str]) -> None:
        self.owner = owner
        self.place = place
        self.warnings = warnings

    @property
    def env(self) -> Mapping[str, str]:
        return self.owner.variables("node")

    def call(self, service: str, method: str, **fields: object) -> Answer:
        if service == ARTIFACTS:
            fields = {"workflow_run_backend_id": self.owner.run_id, **fields}
        address = f"{self.env['ACTIONS_RESULTS_URL']}twirp/{service}/{method}"
        headers = {
            "authorization": f"Bearer {self.env['ACTIONS_RUNTIME_TOKEN']}",
            "content-type": "application/json",
        }
        return request(address, "POST", json.dumps(fields).encode(), headers)

    def cache(self, method: str, **fields: object) -> Answer:
        return self.call(CACHES, method, **fields)

    def artifact(self, method: str, **fields: object) -> Answer:
        return self.call(ARTIFACTS, method, **fields)

    def save(self, key: str, data: bytes, version: str = "v") -> Answer:
        """Save some bytes as a client does."""
        created = self.cache("CreateCacheEntry", key=key, version=version)
        if created.status != 200:
            return created
        address = created.json["signed_upload_url"]
        put = request(address, "PUT", data, {"x-ms-blob-type": "BlockBlob"})
        assert put.status == 201, put
        return self.cache(
            "FinalizeCacheEntryUpload", key=key, version=version, size_bytes=str(len(data))
        )

    def find(self, key: str, version: str = "v", restore_keys: tuple[str, ...] = ()) -> Any:
        found = self.cache(
            "GetCacheEntryDownloadURL", key=key, version=version, restore_keys=list(restore_keys)
        )
        assert found.status == 200, found
        return found.json

    def read(self, key: str, version: str = "v") -> bytes | None:
        found = self.find(key, version)
        return request(found["signed_download_url"]).body if found["ok"] else None


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(str(tmp_path / "store"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(layout: Layout, clock: Clock) -> Iterator[Callable[..., RunServices]]:
    """Start the services of a run; all of a test's share one store."""
    started: list[RunServices] = []

    def begin(**options: Any) -> RunServices:
        services = RunServices(
            ArchiveCache(layout, clock=clock),
            ArchiveArtifacts(layout, clock=clock),
            lambda make_key: kept(layout, "oidc.pem", make_key),
            scope,
            clock=clock,
            **options,
        )
        started.append(services)
        return services

    yield begin
    for each in started:
        each.close()


@pytest.fixture
def services(start: Callable[..., RunServices]) -> RunServices:
    return start()


@pytest.fixture
def admit(services: RunServices, tmp_path: Path) -> Callable[..., Job]:
    """Let a job in: ``admit(run="1", github={…}, identity=False, services=…)``."""

    def let_in(*, identity: bool = False, services: RunServices = services, **fields: Any) -> Job:
        root = tmp_path / "job"
        place = Place(workspace=str(root / "app/app"), home=str(root / "home"), roots=(str(root),))
        for folder in (place.workspace, place.home):
            Path(folder).mkdir(parents=True, exist_ok=True)
        warnings: list[str] = []
        owner = services.admit(spec(**fields), place, identity=identity, warn=warnings.append)
        return Job(owner, place, warnings)

    return let_in


@pytest.fixture
def job(admit: Callable[..., Job]) -> Job:
    return admit()
