"""Artifacts: names and files as GitHub takes them, kept as long as they should."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError, WorkflowError
from agentmesh.store.artifacts import FileArtifacts, check_name, check_paths
from agentmesh.store.layout import Layout


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def artifacts(layout: Layout, clock: Clock) -> FileArtifacts:
    return FileArtifacts(layout, clock=clock)


@pytest.fixture
def files(tmp_path: Path) -> tuple[tuple[str, str], ...]:
    """Two files, one of them executable and behind a link."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").write_text("text")
    (source / "b").write_text("#!/bin/sh")
    (source / "b").chmod(0o755)
    (source / "link").symlink_to("b")
    return (("a.txt", str(source / "a")), ("bin/run", str(source / "link")))


def test_files_come_back_without_permissions_and_links_as_files(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    made = asyncio.run(artifacts.upload("r1", "dist", files))
    assert (made.files, made.size, made.name) == (2, 13, "dist")
    assert made.digest.startswith("sha256:")
    assert asyncio.run(artifacts.list("r1")) == (made,)
    assert asyncio.run(artifacts.download(made, str(tmp_path / "out"))) == 2
    run = tmp_path / "out" / "bin" / "run"
    assert run.read_text() == "#!/bin/sh"
    assert not run.is_symlink()
    assert stat.S_IMODE(run.stat().st_mode) == 0o644


def test_a_name_is_taken_once_in_a_run(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...]
) -> None:
    first = artifacts.upload_now("r1", "dist", files)
    with pytest.raises(WorkflowError, match="exists in this run"):
        artifacts.upload_now("r1", "dist", files)
    with pytest.raises(WorkflowError, match="in case alone"):
        artifacts.upload_now("r1", "Dist", files)
    artifacts.upload_now("r2", "dist", files)
    second = artifacts.upload_now("r1", "dist", files[:1], overwrite=True)
    assert second.id != first.id
    assert artifacts.list_now("r1") == (second,)


def test_equal_artifacts_have_equal_digests(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...]
) -> None:
    one = artifacts.upload_now("r1", "a", files)
    other = artifacts.upload_now("r1", "b", files[::-1])
    third = artifacts.upload_now("r1", "c", files[:1])
    assert one.digest == other.digest != third.digest


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "a/b", "a\\b", 'a"b', "a:b", "a<b", "a|b", "a*", "a?", "a\nb", "x" * 256],
)
def test_names_that_github_refuses_are_refused(name: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        check_name(name)
    assert caught.value.exit_code == 2


def test_a_refusal_has_githubs_words() -> None:
    with pytest.raises(WorkflowError) as caught:
        check_name("a/b")
    words = "The artifact name is not valid: a/b. Contains the following character: Forward slash /"
    assert caught.value.message == words


@pytest.mark.parametrize("name", ["a", "build (3.12, ubuntu)", "ä", "x" * 255, "a..b"])
def test_other_names_are_fine(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("paths", [["../x"], ["/x"], ["a//b"], ["a:b"], ["a\nb"], [""]])
def test_paths_that_other_systems_could_not_unpack_are_refused(paths: list[str]) -> None:
    with pytest.raises(WorkflowError):
        check_paths(paths)


def test_a_file_that_cannot_be_read_is_told(artifacts: FileArtifacts, tmp_path: Path) -> None:
    with pytest.raises(WorkflowError, match="cannot read"):
        artifacts.upload_now("r", "a", (("x", str(tmp_path / "none")),))
    assert artifacts.list_now("r") == ()


def test_what_has_expired_is_not_listed_and_goes_with_a_prune(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...], clock: Clock, layout: Layout
) -> None:
    artifacts.upload_now("r", "short", files, retention_days=1)
    artifacts.upload_now("r", "usual", files)
    artifacts.upload_now("r", "ever", files, retention_days=0)
    clock.now += 2 * 86400
    assert [a.name for a in artifacts.list_now("r")] == ["ever", "usual"]
    assert artifacts.prune() == 1
    clock.now += 100 * 86400
    assert [a.name for a in artifacts.list_now()] == ["ever"]
    assert artifacts.prune(("r",)) == 2
    assert [p for p in Path(layout.packs).rglob("*") if p.is_file()] == []


def test_a_prune_of_nothing_makes_no_store(artifacts: FileArtifacts, layout: Layout) -> None:
    assert artifacts.prune(("r",)) == 0
    assert not os.path.exists(layout.root)


def test_a_deleted_artifact_is_gone(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    made = artifacts.upload_now("r", "a", files)
    asyncio.run(artifacts.delete(made))
    assert artifacts.list_now("r") == ()
    with pytest.raises(SetupError, match="not there any more"):
        artifacts.download_now(made, str(tmp_path / "out"))


def test_damage_is_told_and_nothing_is_left_half_written(
    artifacts: FileArtifacts,
    files: tuple[tuple[str, str], ...],
    layout: Layout,
    tmp_path: Path,
) -> None:
    made = artifacts.upload_now("r", "a", files)
    for path in Path(layout.packs).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    (tmp_path / "out").mkdir()
    with pytest.raises(SetupError, match="damaged"):
        artifacts.download_now(made, str(tmp_path / "out"))
    assert os.listdir(tmp_path / "out") == []


def test_an_artifact_without_files_is_one(artifacts: FileArtifacts, tmp_path: Path) -> None:
    made = artifacts.upload_now("r", "empty", ())
    assert (made.files, made.size) == (0, 0)
    assert artifacts.download_now(made, str(tmp_path / "out")) == 0


def test_a_run_is_found_by_its_number_too(
    artifacts: FileArtifacts, files: tuple[tuple[str, str], ...]
) -> None:
    made = artifacts.upload_now("000042-k3vq", "dist", files)
    artifacts.upload_now("000420-k3vq", "dist", files)
    assert artifacts.list_now("42") == artifacts.list_now("000042-k3vq") == (made,)
    assert artifacts.list_now("4") == artifacts.list_now("²") == ()
