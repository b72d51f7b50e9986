"""Whatever kills a server of archives, or fills its disk, what was finished before is whole.

As test_store.py does it: real processes, killed at random instants from a seed that is printed.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.core.errors import SetupError
from agentmesh.ports.archives import Found, Place
from agentmesh.ports.cache import CacheScope
from agentmesh.store import holders, index
from agentmesh.store.archive_artifacts import ArchiveArtifacts
from agentmesh.store.archive_cache import ArchiveCache
from agentmesh.store.care import CacheCare
from agentmesh.store.layout import Layout

SCOPE = CacheScope(repository="acme/app", write="main", read=("main",))
PLACE = Place(workspace="/w/w", home="/w/home", roots=("/w/w",))

SAVER = """
    import io, os, sys, zipfile
    from agentmesh.ports.archives import Place
    from agentmesh.ports.cache import CacheScope
    from agentmesh.store.archive_artifacts import ArchiveArtifacts
    from agentmesh.store.archive_cache import ArchiveCache
    from agentmesh.store.layout import Layout
    layout = Layout(sys.argv[1])
    scope = CacheScope(repository="acme/app", write="main", read=("main",))
    place = Place(workspace="/w/w", home="/w/home", roots=("/w/w",))
    caches, artifacts = ArchiveCache(layout), ArchiveArtifacts(layout)
    def fill(upload, data):
        for block in ("a", "b"):
            upload.write(block, [data[:len(data) // 2], data[len(data) // 2:]])
        upload.arrange(("a", "b"))
        return 2 * len(data)
    for n in range(100000):
        key = f"{os.getpid()}-{n}"
        data = key.encode() * 20000
        upload = caches.reserve(scope, key, "v")
        assert isinstance(caches.finish(upload, fill(upload, data), place), int)
        upload = artifacts.reserve(key, "log", "text/plain", None)
        assert not isinstance(artifacts.finish(upload, fill(upload, data), ""), str)
        print(key, flush=True)
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty store."""
    return Layout(str(tmp_path / "store"))


def killed(layout: Layout, seconds: float) -> list[str]:
    """Save until killed; the keys that were finished."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SAVER), layout.root],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    assert process.poll() is None, "the saver ended by itself"
    process.kill()
    rest, _ = process.communicate()
    return [line for line in (first + rest).splitlines() if line]


def check(layout: Layout, finished: list[str]) -> None:
    """What was finished is there and whole, and nothing else is left but what is in the index."""
    caches, artifacts = ArchiveCache(layout), ArchiveArtifacts(layout)
    for key in finished:
        found = caches.find(SCOPE, (key,), "v", PLACE)
        assert isinstance(found, Found), found
        ((artifact, exact),) = artifacts.listed(key)
        assert exact
        for content in (found.content, artifacts.open(artifact)):
            with open(content.file, "rb") as file:
                assert file.read() == key.encode() * 40000
    listed = {entry.key for entry in CacheCare(layout).listed()}
    assert set(finished) <= listed
    assert CacheCare(layout).verify()[1] == []
    with index.opened(layout) as connection:
        holders.sweep(layout, connection, time.time() + 7200)
        names = {row[0] for row in connection.execute("SELECT name FROM pack")}
    there = {
        str(path.relative_to(layout.root))
        for path in Path(layout.objects).rglob("*")
        if path.is_file()
    }
    assert there == {name for name in names if name.startswith("objects/")}
    assert os.listdir(layout.tmp) == []


def instants(count: int) -> Iterator[float]:
    seed = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))
    print(f"FAULT_SEED={seed}")
    source = random.Random(seed)
    return (source.uniform(0.0, 0.05) for _ in range(count))


@pytest.mark.slow
def test_a_killed_server_leaves_what_was_finished(layout: Layout) -> None:
    finished = [key for seconds in instants(4) for key in killed(layout, seconds)]
    check(layout, finished)


@pytest.mark.soak
def test_many_killed_servers_leave_what_was_finished(layout: Layout) -> None:
    finished: list[str] = []
    for seconds in instants(200):
        finished += killed(layout, seconds)
    check(layout, finished)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place))
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(("umount", str(place)), check=True)


def test_a_full_disk_takes_no_upload_says_so_and_keeps_what_is_there(small_disk: Path) -> None:
    layout = Layout(str(small_disk / "store"))
    caches = ArchiveCache(layout)

    def save(key: str, size: int) -> int | str:
        upload = caches.reserve(SCOPE, key, "v")
        assert not isinstance(upload, str)
        try:
            upload.write("a", [os.urandom(size)])
            upload.arrange(("a",))
            return caches.finish(upload, size, PLACE)
        finally:
            upload.discard()

    assert save("small", 100_000) == 1
    with pytest.raises(SetupError, match="No space left") as caught:
        save("too large to come", 4 << 20)
    assert caught.value.remedy
    with pytest.raises(SetupError, match="No space left"):
        save("too large to finish", 1_600_000)
    assert os.listdir(layout.tmp) == []
    found = caches.find(SCOPE, ("small",), "v", PLACE)
    assert isinstance(found, Found)
    os.close(found.content.file)
    assert isinstance(save("too large to finish", 100_000), int)
