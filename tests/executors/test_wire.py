"""Messages between agentmesh and its spawner's processes."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.executors import wire

VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.binary(), inner),
)


@given(st.tuples(st.integers(), VALUE))
def test_requests_arrive_as_they_were_sent(message: tuple[Any, ...]):
    ours, theirs = wire.pair()
    with closing(ours), closing(theirs):
        wire.send(ours, message)
        assert wire.receive(theirs) == (message, [])


@pytest.mark.parametrize("size", [0, 59_000, 60_000, 61_000, 3_000_000])
def test_requests_of_any_size_carry_descriptors(size: int):
    ours, theirs = wire.pair()
    reader, writer = os.pipe()
    with closing(ours), closing(theirs), os.fdopen(reader, "rb") as pipe:
        wire.send(ours, (1, b"x" * size), (writer,))
        os.close(writer)
        received = wire.receive(theirs)
        assert received is not None
        message, fds = received
        assert message == (1, b"x" * size)
        assert [os.get_inheritable(fd) for fd in fds] == [False]
        os.write(fds[0], b"through")
        os.close(fds[0])
        assert pipe.read() == b"through"


def test_the_end_is_told():
    ours, theirs = wire.pair()
    with closing(theirs):
        wire.reply(ours, wire.EXITED, 7, -9, 1200, 34)
        ours.close()
        assert wire.receive_reply(theirs) == (wire.EXITED, 7, -9, 1200, 34)
        assert wire.receive_reply(theirs) is None
    ours, theirs = wire.pair()
    with closing(theirs):
        ours.close()
        assert wire.receive(theirs) is None


def test_no_reply_yet_is_told():
    ours, theirs = wire.pair()
    with closing(ours), closing(theirs):
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.receive_reply(ours)
