"""GitHub's published artifact client against our services and our store."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.services.tokens import decoded
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.layout import Layout
from oracles.services.conftest import Job


def fill(job: Job) -> dict[str, object]:
    """Files, and the command that uploads them."""
    (job.workspace / "out/inner").mkdir(parents=True)
    (job.workspace / "out/a.txt").write_bytes(b"hello")
    (job.workspace / "out/inner/é").write_bytes(os.urandom(100_000))
    files = [str(path) for path in (job.workspace / "out").rglob("*") if path.is_file()]
    return {"op": "upload", "name": "site", "files": files, "root": str(job.workspace / "out")}


def test_an_upload_is_listed_downloaded_and_deleted(admit: Callable[..., Job]) -> None:
    job, other = admit("one", key="one"), admit("two", key="two")
    uploaded, listed, got = job.run(fill(job), {"op": "list"}, {"op": "get", "name": "site"})
    assert [each["name"] for each in listed] == ["site"]
    assert listed[0]["digest"] == f"sha256:{uploaded['digest']}"
    assert got["id"] == uploaded["id"]
    where = str(other.workspace / "got")
    command = {"op": "download", "id": got["id"], "path": where, "digest": got["digest"]}
    (downloaded,) = other.run(command)
    assert downloaded["digestMismatch"] is False
    for name in ("a.txt", "inner/é"):
        before, after = job.workspace / "out" / name, Path(where, name)
        assert before.read_bytes() == after.read_bytes()
    deleted, left, again = other.run(
        {"op": "delete", "name": "site"}, {"op": "list"}, {"op": "delete", "name": "site"}
    )
    assert deleted["id"] == got["id"]
    assert left == []
    assert "Artifact not found" in again


def test_a_name_is_taken_once(admit: Callable[..., Job]) -> None:
    job = admit()
    upload = fill(job)
    _, again = job.run(upload, upload)
    assert "(409)" in again
    assert "exists in this run already" in again


def test_one_file_goes_without_an_archive(admit: Callable[..., Job], layout: Layout) -> None:
    job = admit()
    upload = fill(job)
    file = str(job.workspace / "out/a.txt")
    uploaded, _ = job.run(
        {**upload, "files": [file], "options": {"skipArchive": True}}, {"op": "list"}
    )
    where = str(job.workspace / "got")
    job.run({"op": "download", "id": uploaded["id"], "path": where})
    assert Path(where, "a.txt").read_bytes() == b"hello"
    (artifact,) = FileArtifacts(layout).list_now("1")
    assert FileArtifacts(layout).download_now(artifact, str(job.workspace / "native")) == 1
    assert (job.workspace / "native/a.txt").read_bytes() == b"hello"


def test_both_doors_lead_to_one_set_of_artifacts(admit: Callable[..., Job], layout: Layout) -> None:
    job = admit()
    job.run(fill(job))
    files = FileArtifacts(layout)
    (artifact,) = files.list_now("1")
    assert files.download_now(artifact, str(job.workspace / "native")) == 2
    assert (job.workspace / "native/a.txt").read_bytes() == b"hello"
    place = str(job.workspace / "out/a.txt")
    stored = asyncio.run(files.upload("1", "native", (("d/a", place), ("b", place))))
    where = str(job.workspace / "got")
    job.run({"op": "download", "id": stored.id, "path": where})
    assert Path(where, "d/a").read_bytes() == b"hello"
    assert Path(where, "b").read_bytes() == b"hello"


@pytest.mark.slow
def test_a_large_upload_goes_in_many_blocks(admit: Callable[..., Job]) -> None:
    job = admit()
    upload = fill(job)
    big = job.workspace / "out/big"
    big.write_bytes(os.urandom(60 << 20))
    uploaded, listed = job.run({**upload, "files": [str(big)]}, {"op": "list"})
    digest = listed[0]["digest"]
    where = str(job.workspace / "got")
    (done,) = job.run({"op": "download", "id": uploaded["id"], "path": where, "digest": digest})
    assert done["digestMismatch"] is False
    assert Path(where, "big").read_bytes() == big.read_bytes()


def test_an_identity_token_is_given_to_the_published_core(admit: Callable[..., Job]) -> None:
    (token,) = admit(environment="production").run({"op": "identity", "audience": "sts"})
    claims = json.loads(decoded(token.split(".")[1]))
    assert (claims["aud"], claims["sub"]) == ("sts", "repo:octo/app:environment:production")
