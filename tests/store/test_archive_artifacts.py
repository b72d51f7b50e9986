"""Artifacts as archives, beside artifacts as files."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.ports.artifacts import Artifact
from agentmesh.store.archive_artifacts import ZIP, ArchiveArtifacts
from agentmesh.store.artifacts import FileArtifacts
from agentmesh.store.layout import Layout


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def upload(
    archives: ArchiveArtifacts, name: str, data: bytes, media: str = ZIP, run: str = "1"
) -> Artifact | str:
    taken = archives.reserve(run, name, media, None)
    assert not isinstance(taken, str), taken
    taken.write("a", [data[:5]])
    taken.write("b", [data[5:]])
    taken.arrange(("a", "b"))
    return archives.finish(taken, len(data), "")


def read(archives: ArchiveArtifacts, artifact: Artifact) -> bytes:
    content = archives.open(artifact)
    with open(content.file, "rb") as file:
        data = file.read()
    assert len(data) == content.size
    return data


def test_an_archive_is_an_artifact_like_others(layout: Layout, tmp_path: Path) -> None:
    archives, files = ArchiveArtifacts(layout), FileArtifacts(layout)
    data = zipped(one=b"1", two=b"22")
    artifact = upload(archives, "site", data)
    assert isinstance(artifact, Artifact)
    assert (artifact.files, artifact.size) == (2, 3)
    assert files.list_now("1") == (artifact,)
    assert archives.listed("1") == ((artifact, True),)
    assert read(archives, artifact) == data
    assert files.download_now(artifact, str(tmp_path / "got")) == 2
    assert (tmp_path / "got/two").read_bytes() == b"22"


def test_files_are_an_archive_without_a_digest_of_its_bytes(layout: Layout, tmp_path: Path) -> None:
    archives, files = ArchiveArtifacts(layout), FileArtifacts(layout)
    (tmp_path / "f").write_bytes(b"hello")
    artifact = asyncio.run(files.upload("1", "site", (("a/f", str(tmp_path / "f")),)))
    assert archives.listed("1") == ((artifact, False),)
    with zipfile.ZipFile(io.BytesIO(read(archives, artifact))) as archive:
        assert archive.read("a/f") == b"hello"


def test_names_are_shared_by_both(layout: Layout, tmp_path: Path) -> None:
    archives, files = ArchiveArtifacts(layout), FileArtifacts(layout)
    upload(archives, "site", zipped(a=b"1"))
    (tmp_path / "f").write_bytes(b"hello")
    with pytest.raises(WorkflowError, match="exists in this run already"):
        files.upload_now("1", "site", (("f", str(tmp_path / "f")),))
    assert "already" in str(archives.reserve("1", "site", ZIP, None))
    replaced = files.upload_now("1", "site", (("f", str(tmp_path / "f")),), overwrite=True)
    assert archives.listed("1") == ((replaced, False),)


def test_of_two_uploads_of_a_name_the_first_to_finish_has_it(layout: Layout) -> None:
    archives = ArchiveArtifacts(layout)
    slow = archives.reserve("1", "site", ZIP, None)
    assert isinstance(upload(archives, "site", zipped(a=b"1")), Artifact)
    assert not isinstance(slow, str)
    data = zipped(a=b"2")
    slow.write("a", [data])
    slow.arrange(("a",))
    assert "exists in this run already" in str(archives.finish(slow, len(data), ""))
    assert len(archives.listed("1")) == 1


def test_an_upload_of_another_size_is_refused_and_leaves_nothing(layout: Layout) -> None:
    archives = ArchiveArtifacts(layout)
    taken = archives.reserve("1", "site", ZIP, None)
    assert not isinstance(taken, str)
    assert "announced" in str(archives.finish(taken, 7, ""))
    assert os.listdir(layout.tmp) == []


def test_retention_is_the_shorter_of_what_is_asked_for_and_what_is_allowed(layout: Layout) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    archives = ArchiveArtifacts(layout, retention_days=2, clock=now.timestamp)
    for day, kept in ((2, 2), (20, 3)):
        taken = archives.reserve("1", f"a{day}", "text/plain", now.replace(day=day))
        assert not isinstance(taken, str)
        taken.write("a", [b"x"])
        taken.arrange(("a",))
        artifact = archives.finish(taken, 1, "")
        assert isinstance(artifact, Artifact)
        assert artifact.expires == now.replace(day=kept)


def test_what_was_deleted_or_damaged_cannot_be_opened(layout: Layout, tmp_path: Path) -> None:
    archives = ArchiveArtifacts(layout)
    first = upload(archives, "site", zipped(a=b"1"))
    assert isinstance(first, Artifact)
    archives.delete(first)
    with pytest.raises(SetupError, match="not there any more"):
        archives.open(first)
    assert list(Path(layout.objects).rglob("*.*")) == []
    second = upload(archives, "site", zipped(a=b"2"))
    assert isinstance(second, Artifact)
    (stored,) = Path(layout.objects).rglob("*.*")
    stored.write_bytes(b"y" * stored.stat().st_size)
    with pytest.raises(SetupError, match="damaged"):
        archives.open(second)
    with pytest.raises(SetupError, match="damaged"):
        FileArtifacts(layout).download_now(second, str(tmp_path / "got"))
    assert not (tmp_path / "got").exists() or not os.listdir(tmp_path / "got")
