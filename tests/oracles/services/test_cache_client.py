"""GitHub's published cache client against our services and our store."""

from __future__ import annotations

import filecmp
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.ports.cache import CacheScope
from agentmesh.store.cache import FileCache
from agentmesh.store.layout import Layout
from oracles.services.conftest import Job

SCOPE = CacheScope(repository="octo/app", write="refs/heads/main", read=("refs/heads/main",))
PATHS = ["deps", "~/.m2"]


def fill(job: Job) -> None:
    workspace: Path = job.workspace
    home: Path = job.home
    (workspace / "deps/inner").mkdir(parents=True)
    (workspace / "deps/a").write_bytes(b"hello")
    (workspace / "deps/inner/run").write_text("#!/bin/sh\n")
    (workspace / "deps/inner/run").chmod(0o755)
    os.link(workspace / "deps/a", workspace / "deps/hard")
    os.symlink("a", workspace / "deps/soft")
    (home / ".m2").mkdir()
    (home / ".m2/é x").write_bytes(b"x" * 100_000)


def shown(job: Job) -> dict[str, object]:
    found: dict[str, object] = {}
    for folder in (job.workspace, job.home):
        for path in folder.rglob("*"):
            name = str(path.relative_to(folder.parent))
            if path.is_symlink():
                found[name] = os.readlink(path)
            elif path.is_file():
                found[name] = (path.stat().st_mode & 0o777, path.read_bytes())
    return found


def without_zstd(folder: Path) -> str:
    """A PATH on which the client finds no zstd, so that it takes gzip."""
    folder.mkdir()
    for name in ("node", "tar", "gzip", "sh"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


def test_a_save_is_restored_by_key_and_by_prefix_in_another_job(admit: Callable[..., Job]) -> None:
    one, two = admit("one"), admit("two/deep")
    fill(one)
    saved, again = one.run(
        {"op": "save", "paths": PATHS, "key": "k-1"}, {"op": "save", "paths": PATHS, "key": "k-1"}
    )
    assert (saved, again) == (1, -1)
    assert "another job may be creating this cache" in one.said
    assert two.run(
        {"op": "restore", "paths": PATHS, "key": "k-1", "lookupOnly": True},
        {"op": "restore", "paths": PATHS, "key": "none"},
        {"op": "restore", "paths": ["deps"], "key": "k-1"},
    ) == ["k-1", None, None]
    assert shown(two) == {}
    assert two.run({"op": "restore", "paths": PATHS, "key": "k-2", "prefixes": ["k-"]}) == ["k-1"]
    assert shown(two) == shown(one)


@pytest.mark.parametrize("gzip", [False, True])
def test_both_doors_lead_to_one_cache(
    admit: Callable[..., Job], layout: Layout, tmp_path: Path, gzip: bool
) -> None:
    path = without_zstd(tmp_path / "bin") if gzip else ""
    one, two, three = admit("one"), admit("two/deep"), admit("three")
    fill(one)
    files = FileCache(layout)

    def where(job: Job) -> tuple[str, str]:
        return str(job.workspace), str(job.home)

    assert files.save_now(SCOPE, "native", tuple(PATHS), *where(one)).saved
    restored, refused, saved = two.run(
        {"op": "restore", "paths": PATHS, "key": "native"},
        {"op": "save", "paths": PATHS, "key": "native"},
        {"op": "save", "paths": PATHS, "key": "client"},
        path=path,
    )
    assert (restored, refused) == ("native", -1)
    assert saved > 0
    # What was a hard link is a file of its own now; all else is as it was.
    assert shown(two) == shown(one)
    assert files.restore_now(SCOPE, ("client",), tuple(PATHS), *where(three)).hit == "exact"
    assert shown(three) == shown(one)


@pytest.mark.slow
def test_a_large_save_goes_in_blocks(admit: Callable[..., Job], layout: Layout) -> None:
    one, two = admit("one"), admit("two")
    (one.workspace / "big").mkdir()
    with (one.workspace / "big/noise").open("wb") as file:
        for _ in range(140):
            file.write(os.urandom(1 << 20))
    with (one.workspace / "big/sparse").open("wb") as file:
        file.truncate(300 << 20)
    assert one.run({"op": "save", "paths": ["big"], "key": "k"}) == [1]
    assert two.run({"op": "restore", "paths": ["big"], "key": "k"}) == ["k"]
    for name in ("noise", "sparse"):
        before = one.workspace / "big" / name
        after = two.workspace / "big" / name
        assert filecmp.cmp(before, after, shallow=False)


@pytest.mark.slow
def test_of_savers_at_once_one_wins_and_none_fails(admit: Callable[..., Job]) -> None:
    jobs = [admit(f"job{number}", key=f"job {number}") for number in range(4)]
    for job in jobs:
        fill(job)
    started = [job.start({"op": "save", "paths": PATHS, "key": "k"}) for job in jobs]
    ended = [(process.communicate(timeout=300)[0], process.returncode) for process, _ in started]
    assert [code for _, code in ended] == [0] * 4, ended
    answers = sorted(results.read_text() for _, results in started)
    assert answers[:3] == ['[{"value":-1}]'] * 3
    assert jobs[0].run({"op": "restore", "paths": PATHS, "key": "k", "lookupOnly": True}) == ["k"]


@pytest.mark.slow
def test_a_client_that_is_killed_in_an_upload_leaves_nothing_half_visible(
    admit: Callable[..., Job], layout: Layout
) -> None:
    one, two = admit("one", key="one"), admit("two", key="two")
    (one.workspace / "big").write_bytes(os.urandom(140 << 20))
    process, _ = one.start({"op": "save", "paths": ["big"], "key": "k"})
    tick = threading.Event()
    while not list(Path(layout.tmp).rglob("*.part")) and process.poll() is None:
        tick.wait(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert two.run({"op": "restore", "paths": ["big"], "key": "k"}) == [None]
    one.owner.revoke()
    (two.workspace / "big").write_bytes(b"small")
    saved, restored = two.run(
        {"op": "save", "paths": ["big"], "key": "k"},
        {"op": "restore", "paths": ["big"], "key": "k"},
    )
    assert saved > 0
    assert restored == "k"
    assert not list(Path(layout.tmp).rglob("*"))


def test_damaged_content_is_a_miss_that_fails_nothing(
    admit: Callable[..., Job], layout: Layout
) -> None:
    job = admit()
    fill(job)
    job.run({"op": "save", "paths": PATHS, "key": "k"})
    (stored,) = Path(layout.objects).rglob("*.*")
    os.truncate(stored, stored.stat().st_size - 1)
    assert job.run({"op": "restore", "paths": PATHS, "key": "k"}) == [None]
    assert "damaged" in job.warnings[0]
    assert job.run({"op": "save", "paths": PATHS, "key": "k"})[0] > 0


def test_what_the_job_may_not_write_is_not_saved_and_the_client_says_why(
    admit: Callable[..., Job], tmp_path: Path
) -> None:
    job = admit()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("x")
    assert job.run({"op": "save", "paths": [str(outside)], "key": "k"}) == [-1]
    assert "where this job has nothing to write" in job.said
    job.owner.name_paths([str(outside)])
    assert job.run({"op": "save", "paths": [str(outside)], "key": "k"})[0] > 0


def test_a_job_that_is_over_gets_nothing_and_fails_nothing(admit: Callable[..., Job]) -> None:
    job = admit()
    fill(job)
    process, results = job.start({"op": "restore", "paths": PATHS, "key": "k"})
    job.owner.revoke()
    said, _ = process.communicate(timeout=300)
    assert results.read_text() == '[{"value":null}]'
    assert "401" in said
