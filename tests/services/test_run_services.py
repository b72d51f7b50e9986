"""Who may call: a token of this run, while its job lasts, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from agentmesh.services.run_services import RunServices
from services.conftest import CACHES, Clock, Job, request


def test_no_token_and_no_token_of_ours_is_unauthenticated(services: RunServices) -> None:
    address = f"{services.address}/twirp/{CACHES}/GetCacheEntryDownloadURL"
    for headers in ({}, {"authorization": "Bearer x.y.z"}, {"authorization": "Basic eDp5"}):
        answer = request(address, "POST", b"{}", {"content-type": "application/json", **headers})
        assert (answer.status, answer.json["code"]) == (401, "unauthenticated")


def test_a_token_of_another_run_is_not_believed(
    start: Callable[..., RunServices], admit: Callable[..., Job]
) -> None:
    mine, theirs = admit(), admit(services=start())
    token = theirs.env["ACTIONS_RUNTIME_TOKEN"]
    address = f"{mine.env['ACTIONS_RESULTS_URL']}twirp/{CACHES}/CreateCacheEntry"
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    assert request(address, "POST", b'{"key":"k","version":"v"}', headers).status == 401


def test_a_token_dies_with_its_job(admit: Callable[..., Job]) -> None:
    job, other = admit(key="a"), admit(key="b")
    assert job.find("k")["ok"] is False
    job.owner.revoke()
    assert job.cache("GetCacheEntryDownloadURL", key="k", version="v").status == 401
    assert other.find("k")["ok"] is False


def test_a_token_does_not_outlive_the_longest_the_job_may_take(
    admit: Callable[..., Job], clock: Clock
) -> None:
    job = admit(timeout_minutes=10.0)
    clock.now += 2 * 3600
    assert job.cache("GetCacheEntryDownloadURL", key="k", version="v").status == 401


@pytest.mark.parametrize(
    "path",
    ["/", "/twirp/x", "/twirp/../../etc/passwd", "/blobs/out/..%2f..%2fetc%2fpasswd?se=1&sig=x",
     "/_apis/artifactcache/cache?keys=k", "//etc/passwd", "/.well-known/../x"],
)  # fmt: skip
def test_no_path_leads_anywhere_else(services: RunServices, path: str) -> None:
    assert request(services.address + path).status in (401, 403, 404)


def test_calls_that_do_not_exist_are_bad_routes(job: Job) -> None:
    assert job.cache("DeleteEverything").json["code"] == "bad_route"
    assert job.call("x.Service", "Call").json["code"] == "bad_route"


def test_closing_leaves_no_descriptor_behind(
    start: Callable[..., RunServices], admit: Callable[..., Job]
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    services = start()
    job = admit(services=services)
    job.save("k", b"data")
    for _ in range(3):
        assert job.read("k") == b"data"
    job.cache("CreateCacheEntry", key="open", version="v")
    services.close()
    services.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_run_that_needs_no_services_imports_none_of_them() -> None:
    program = (
        "import sys, agentmesh.app.embedded, agentmesh.app.machine, agentmesh.engine.job,"
        " agentmesh.engine.run, agentmesh.engine.handlers.javascript\n"
        "print([m for m in sys.modules if m.startswith(('agentmesh.services', 'h11', 'cryptography', 'http.', 'agentmesh.store.archive', 'tarfile'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
