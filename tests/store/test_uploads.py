"""Uploads on their way in: invisible, bounded, and gone when dropped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.core.errors import Refused, SetupError, WorkflowError
from agentmesh.store import holders, index, uploads
from agentmesh.store.layout import Layout
from agentmesh.store.uploads import Staged


@pytest.fixture
def released() -> list[int]:
    return []


@pytest.fixture
def staged(layout: Layout, released: list[int]) -> Staged:
    return Staged(layout, lambda: released.append(1), most=100)


def read(staged: Staged) -> bytes:
    parts = []
    with staged.opened() as stream:
        while data := stream.read(3):
            parts.append(data)
        assert stream.read(3) == b""
    return b"".join(parts)


def test_blocks_are_read_in_the_order_given_whatever_order_they_came_in(staged: Staged) -> None:
    staged.write("b", [b"de", b"f"])
    staged.write("a", [b"ab"])
    staged.write("a", [b"abc"])
    assert staged.size == -1
    staged.arrange(("a", "b", "a"))
    assert (staged.size, read(staged)) == (9, b"abcdefabc")
    staged.arrange(())
    assert (staged.size, read(staged)) == (0, b"")


def test_a_block_that_never_came_cannot_be_arranged(staged: Staged) -> None:
    with pytest.raises(WorkflowError, match="never uploaded"):
        staged.arrange(("a",))


def test_a_block_that_breaks_off_is_not_there(staged: Staged, layout: Layout) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    staged.write("a", [b"whole"])
    with pytest.raises(ConnectionResetError):
        staged.write("a", broken())
    staged.arrange(("a",))
    assert read(staged) == b"whole"
    assert len([p for p in Path(layout.tmp).rglob("*") if p.is_file()]) == 1


def test_an_upload_is_bounded_in_bytes_and_blocks(
    staged: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged.write("a", [b"x" * 60])
    staged.write("a", [b"x" * 60])
    with pytest.raises(Refused, match="at most 100 bytes"):
        staged.write("b", [b"x" * 30, b"x" * 30])
    staged.write("b", [b"x" * 40])
    monkeypatch.setattr(uploads, "MOST_BLOCKS", 2)
    with pytest.raises(Refused, match="at most 2 blocks"):
        staged.write("c", [])


def test_what_is_dropped_is_gone_and_takes_no_more(
    staged: Staged, layout: Layout, released: list[int]
) -> None:
    staged.write("a", [b"x"])
    staged.discard()
    staged.discard()
    assert released == [1]
    assert os.listdir(layout.tmp) == []
    with pytest.raises(Refused, match="over"):
        staged.write("a", [b"x"])


def test_a_block_that_comes_while_it_is_dropped_is_refused(staged: Staged) -> None:
    def late() -> Iterator[bytes]:
        yield b"x"
        staged.discard()

    with pytest.raises((Refused, SetupError)):
        staged.write("a", late())


def test_a_sweep_leaves_uploads_of_the_living_alone(staged: Staged, layout: Layout) -> None:
    staged.write("a", [b"x"])
    Path(layout.tmp, "99999999+boot!1+x").mkdir()
    Path(layout.tmp, "99999999+boot!1+x/1.part").write_bytes(b"left by a killed process")
    with index.opened(layout) as connection:
        assert holders.sweep(layout, connection) == 1
    staged.arrange(("a",))
    assert read(staged) == b"x"
