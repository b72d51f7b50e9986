"""The artifacts' five calls: a name is taken once in a run, and a run sees its own."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.layout import Layout
from services.conftest import Answer, Clock, Job, request


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def upload(job: Job, name: str, data: bytes, *, digest: str = "", **fields: object) -> Answer:
    created = job.artifact("CreateArtifact", name=name, version=7, **fields)
    if created.status != 200:
        return created
    assert request(created.json["signed_upload_url"], "PUT", data).status == 201
    return job.artifact(
        "FinalizeArtifact",
        name=name,
        size=str(len(data)),
        hash=digest or f"sha256:{sha256(data).hexdigest()}",
    )


def names(job: Job) -> list[str]:
    return [each["name"] for each in job.artifact("ListArtifacts").json["artifacts"]]


def test_what_was_uploaded_is_listed_and_downloaded_byte_for_byte(job: Job) -> None:
    data = zipped({"a/b.txt": b"hello"})
    number = upload(job, "site", data).json["artifact_id"]
    (listed,) = job.artifact("ListArtifacts", name_filter="site").json["artifacts"]
    assert listed["database_id"] == number
    assert listed["digest"] == f"sha256:{sha256(data).hexdigest()}"
    assert job.artifact("ListArtifacts", id_filter=number).json["artifacts"] == [listed]
    assert job.artifact("ListArtifacts", name_filter="other").json["artifacts"] == []
    answer = request(job.artifact("GetSignedArtifactURL", name="site").json["signed_url"])
    assert answer.body == data
    assert answer.headers["content-type"] == "application/zip"


def test_one_file_is_kept_as_it_is(job: Job) -> None:
    upload(job, "notes é.txt", b"text", mime_type="text/plain")
    answer = request(job.artifact("GetSignedArtifactURL", name="notes é.txt").json["signed_url"])
    assert (answer.body, answer.headers["content-type"]) == (b"text", "text/plain")
    assert "notes%20%C3%A9.txt" in answer.headers["content-disposition"]


def test_a_name_is_taken_once_and_free_after_it_is_deleted(job: Job) -> None:
    upload(job, "site", zipped({"a": b"1"}))
    assert upload(job, "site", zipped({"a": b"2"})).status == 409
    assert upload(job, "SITE", zipped({"a": b"2"})).status == 409
    assert job.artifact("DeleteArtifact", name="site").json["ok"]
    assert names(job) == []
    assert upload(job, "site", zipped({"a": b"2"})).json["ok"]


def test_a_run_sees_its_own_artifacts_from_all_its_jobs(admit: Callable[..., Job]) -> None:
    upload(admit(key="one"), "site", zipped({"a": b"1"}))
    assert names(admit(key="two")) == ["site"]
    assert names(admit(run="2")) == []


def test_a_call_about_another_run_is_refused(admit: Callable[..., Job]) -> None:
    mine, theirs = admit(run="1"), admit(run="2")
    upload(theirs, "site", zipped({"a": b"1"}))
    for method in ("ListArtifacts", "GetSignedArtifactURL", "DeleteArtifact", "CreateArtifact"):
        answer = mine.artifact(method, name="x", workflow_run_backend_id=theirs.owner.run_id)
        assert answer.status == 403
    assert names(theirs) == ["site"]


@pytest.mark.parametrize(
    "name", ["", "../x", "a/b", "a\\b", "x\0", "x" * 256, "..", "a:b", 'a"b', "a\nb", "a?"]
)
def test_a_name_that_is_not_allowed_is_an_invalid_argument(job: Job, name: str) -> None:
    answer = job.artifact("CreateArtifact", name=name)
    assert (answer.status, answer.json["code"]) == (400, "invalid_argument")


@pytest.mark.parametrize("inside", ["../x", "/etc/passwd", "a/../../x", "a//b", "a\\b"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(job: Job, inside: str) -> None:
    answer = upload(job, "site", zipped({inside: b"evil"}))
    assert answer.status == 400
    assert names(job) == []


def test_what_is_no_archive_is_refused(job: Job) -> None:
    assert "no zip archive" in upload(job, "site", b"something else").json["msg"]


def test_a_digest_of_something_else_is_refused(job: Job) -> None:
    answer = upload(job, "site", zipped({"a": b"1"}), digest="sha256:" + "0" * 64)
    assert "was announced" in answer.json["msg"]


def test_what_is_not_there_is_not_found(job: Job) -> None:
    for method in ("GetSignedArtifactURL", "DeleteArtifact", "FinalizeArtifact"):
        assert job.artifact(method, name="none").status == 404


def test_an_artifact_expires_when_it_says(
    admit: Callable[..., Job], job: Job, clock: Clock
) -> None:
    upload(job, "site", zipped({"a": b"1"}), expires_at="2027-01-16T00:00:00Z")
    assert names(job) == ["site"]
    clock.now += 86400.0
    assert names(admit()) == []


@pytest.mark.parametrize("moment", ["soon", "2027-01-16T00:00:00"])
def test_a_moment_that_is_none_is_malformed(job: Job, moment: str) -> None:
    assert job.artifact("CreateArtifact", name="site", expires_at=moment).status == 400


def test_what_an_action_stored_as_files_is_downloaded_as_an_archive(
    job: Job, layout: Layout, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"hello")
    files = FileArtifacts(layout, clock=clock)
    asyncio.run(files.upload("1", "site", (("a/f", str(tmp_path / "f")),)))
    (listed,) = job.artifact("ListArtifacts").json["artifacts"]
    assert "digest" not in listed
    data = request(job.artifact("GetSignedArtifactURL", name="site").json["signed_url"]).body
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a/f": b"hello"}


def test_what_a_client_uploaded_is_downloaded_as_files(
    job: Job, layout: Layout, clock: Clock, tmp_path: Path
) -> None:
    upload(job, "site", zipped({"a/f": b"hello", "empty/": b""}))
    upload(job, "notes.txt", b"text", mime_type="text/plain")
    files = FileArtifacts(layout, clock=clock)
    for artifact in asyncio.run(files.list("1")):
        asyncio.run(files.download(artifact, str(tmp_path / "got")))
    assert (tmp_path / "got/a/f").read_bytes() == b"hello"
    assert (tmp_path / "got/empty").is_dir()
    assert (tmp_path / "got/notes.txt").read_bytes() == b"text"


def test_a_damaged_artifact_is_not_found_and_warned_of(job: Job, layout: Layout) -> None:
    upload(job, "site", zipped({"a": b"1"}))
    (stored,) = Path(layout.objects).rglob("*.*")
    stored.write_bytes(b"x" * stored.stat().st_size)
    assert job.artifact("GetSignedArtifactURL", name="site").status == 404
    assert "damaged" in job.warnings[0]
