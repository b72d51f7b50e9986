"""Actions of other repositories: from folders, from git, pinned."""

from __future__ import annotations

import asyncio
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentmesh.core.errors import Refused, SetupError
from agentmesh.store import lockfile
from agentmesh.store.action_source import StoreActionSource
from agentmesh.store.layout import Layout

ENV = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Server:
    """A folder of repositories that stands for github.com."""

    def __init__(self, folder: Path) -> None:
        self.work = folder / "srv" / "acme" / "act"
        self.work.mkdir(parents=True)
        self.address = f"file://{folder}/srv"
        self.git("init", "--quiet", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run(
            ("git", *identity, *arguments), cwd=self.work, env=ENV, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    def commit(self, text: str, *tags: str) -> str:
        """A commit with that text in action.yml; tags are moved to it."""
        (self.work / "action.yml").write_text(text)
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", text)
        for tag in tags:
            self.git("tag", "--force", "-a", "-m", tag, tag)
        return self.git("rev-parse", "HEAD")

    def vanish(self) -> None:
        """Be out of reach."""
        self.work.rename(self.work.with_name("elsewhere"))


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lock(tmp_path: Path) -> str:
    path = tmp_path / "agentmesh.lock"
    path.touch()
    return str(path)


def source(
    layout: Layout, server: Server | None = None, clock: Clock | None = None, **more: object
) -> StoreActionSource:
    address = server.address if server else "http://127.0.0.1:9"
    return StoreActionSource(
        layout,
        server=address,
        environ=ENV,
        clock=clock or Clock(),
        **more,  # type: ignore[arg-type]
    )


def text(directory: str) -> str:
    return Path(directory, "action.yml").read_text()


def test_a_plain_folder_serves_every_ref_as_it_stands(layout: Layout, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "action.yml").write_text("plain")
    there = source(layout, mirrors={"acme/act": str(folder)})
    one, other = (there.fetch_now("Acme/Act", ref) for ref in ("v1", "main"))
    assert text(one.directory) == "plain"
    assert one.directory == other.directory
    assert one.directory.startswith(layout.actions)
    (folder / "action.yml").write_text("changed")
    assert text(one.directory) == "plain"
    assert (
        text(
            source(layout, mirrors={"acme/act": str(folder)}).fetch_now("acme/act", "v1").directory
        )
        == "changed"
    )


def test_a_git_mirror_serves_the_commit_of_a_ref_and_its_files_for_others(
    layout: Layout, server: Server
) -> None:
    first = server.commit("one", "v1")
    server.commit("two")
    (server.work / "action.yml").write_text("uncommitted")
    there = source(layout, mirrors={"acme/act": str(server.work)})
    tagged, unknown = there.fetch_now("acme/act", "v1"), there.fetch_now("acme/act", "v9")
    assert (text(tagged.directory), tagged.commit) == ("one", first)
    assert (text(unknown.directory), unknown.commit) == ("uncommitted", "")
    assert "no ref 'v9'" in unknown.origin


def test_a_mirror_for_one_ref_wins(layout: Layout, tmp_path: Path) -> None:
    for name in ("all", "one"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "action.yml").write_text(name)
    mirrors = {"acme/act": str(tmp_path / "all"), "Acme/act@v1": str(tmp_path / "one")}
    there = source(layout, mirrors=mirrors)
    assert text(there.fetch_now("acme/act", "v1").directory) == "one"
    assert text(there.fetch_now("acme/act", "v2").directory) == "all"


def test_tags_branches_and_commits_come_from_the_server(layout: Layout, server: Server) -> None:
    first = server.commit("one", "v1")
    second = server.commit("two")
    there = source(layout, server)
    fetched = [there.fetch_now("acme/act", ref) for ref in ("v1", "main", first)]
    assert [f.commit for f in fetched] == [first, second, first]
    assert [text(f.directory) for f in fetched] == ["one", "two", "one"]
    with pytest.raises(SetupError, match="no branch or tag"):
        there.fetch_now("acme/act", "v9")


def test_what_was_fetched_serves_where_the_server_is_out_of_reach(
    layout: Layout, server: Server, clock: Clock
) -> None:
    first = server.commit("one", "v1")
    source(layout, server, clock).fetch_now("acme/act", "v1")
    server.vanish()
    clock.now += 3 * 3600
    again = source(layout, server, clock)
    fetched = again.fetch_now("acme/act", "v1")
    assert text(fetched.directory) == "one"
    assert "3 hours ago" in fetched.origin
    assert again.fetch_now("acme/act", first).directory == fetched.directory
    with pytest.raises(SetupError, match="cannot fetch") as caught:
        again.fetch_now("acme/act", "v2")
    assert "--action-source" in caught.value.remedy


def test_a_moved_branch_is_followed_after_an_hour(
    layout: Layout, server: Server, clock: Clock
) -> None:
    server.commit("one")
    source(layout, server, clock).fetch_now("acme/act", "main")
    server.commit("two")
    assert text(source(layout, server, clock).fetch_now("acme/act", "main").directory) == "one"
    clock.now += 3700
    assert text(source(layout, server, clock).fetch_now("acme/act", "main").directory) == "two"


def test_within_a_run_a_ref_is_one_and_the_same(
    layout: Layout, server: Server, clock: Clock
) -> None:
    server.commit("one")
    there = source(layout, server, clock)
    first = there.fetch_now("acme/act", "main")
    server.commit("two")
    clock.now += 3700
    assert there.fetch_now("acme/act", "main") == first


def test_what_is_fetched_is_pinned_and_a_moved_tag_refused(
    layout: Layout, server: Server, clock: Clock, lock: str
) -> None:
    first = server.commit("one", "v1")
    fetched = source(layout, server, clock, lock=lock).fetch_now("acme/act", "v1")
    pin = lockfile.read(lock)["acme/act@v1"]
    assert (pin.commit, pin.tree) == (first, fetched.tree)
    server.commit("two", "v1")
    clock.now += 3700
    with pytest.raises(Refused, match="pins it to"):
        source(layout, server, clock, lock=lock).fetch_now("acme/act", "v1")


def test_a_pin_serves_where_the_server_is_out_of_reach(
    layout: Layout, server: Server, clock: Clock, lock: str
) -> None:
    server.commit("one", "v1")
    source(layout, server, clock, lock=lock).fetch_now("acme/act", "v1")
    server.vanish()
    clock.now += 3700
    there = source(layout, server, clock, lock=lock)
    assert text(there.fetch_now("acme/act", "v1").directory) == "one"


def test_a_mirror_is_compared_with_the_pins_and_never_pinned(
    layout: Layout, tmp_path: Path, server: Server, lock: str
) -> None:
    server.commit("one", "v1")
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "action.yml").write_text("one")
    mirrors = {"acme/act": str(folder)}
    source(layout, mirrors=mirrors, lock=lock).fetch_now("acme/act", "v1")
    assert lockfile.read(lock) == {}
    source(layout, server, lock=lock).fetch_now("acme/act", "v1")
    source(layout, mirrors=mirrors, lock=lock).fetch_now("acme/act", "v1")
    (folder / "action.yml").write_text("another")
    with pytest.raises(Refused, match="not those"):
        source(layout, mirrors=mirrors, lock=lock).fetch_now("acme/act", "v1")


def test_a_stored_tree_that_was_changed_is_refused(layout: Layout, server: Server) -> None:
    server.commit("one", "v1")
    fetched = source(layout, server).fetch_now("acme/act", "v1")
    Path(fetched.directory, "action.yml").write_text("evil")
    with pytest.raises(Refused, match="changed after it was fetched"):
        source(layout, server).fetch_now("acme/act", "v1")


def test_many_who_want_the_same_fetch_it_once(layout: Layout, server: Server) -> None:
    server.commit("one", "v1")
    with ThreadPoolExecutor(6) as pool:
        fetched = set(
            pool.map(
                lambda _: source(layout, server).fetch_now("acme/act", "v1").directory, range(6)
            )
        )
    assert len(fetched) == 1
    assert os.listdir(layout.tmp) == []


def test_the_port_is_asynchronous(layout: Layout, server: Server) -> None:
    server.commit("one", "v1")

    async def both() -> list[str]:
        there = source(layout, server)
        fetched = await asyncio.gather(*(there.fetch("acme/act", "v1") for _ in range(3)))
        return [text(f.directory) for f in fetched]

    assert asyncio.run(both()) == ["one"] * 3


@pytest.mark.parametrize(
    ("repository", "ref"),
    [("act", "v1"), ("a/b/c", "v1"), ("../b", "v1"), ("a/..", "v1"), ("a/b", "")],
)
def test_what_names_no_repository_is_refused(layout: Layout, repository: str, ref: str) -> None:
    with pytest.raises(SetupError, match="names no repository"):
        source(layout).fetch_now(repository, ref)


def test_a_mirror_that_is_not_there_is_named(layout: Layout) -> None:
    with pytest.raises(SetupError, match="which is no folder"):
        source(layout, mirrors={"a/b": "/nonexistent"}).fetch_now("a/b", "v1")
