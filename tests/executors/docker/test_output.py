"""The frames in which engines send output."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.executors.docker.output import Frames


def framed(pieces: list[bytes]) -> bytes:
    return b"".join(
        bytes((1 + n % 2, 0, 0, 0)) + len(p).to_bytes(4, "big") + p for n, p in enumerate(pieces)
    )


@given(st.lists(st.binary(max_size=20), max_size=8), st.integers(1, 30))
def test_what_was_written_comes_out_however_it_is_cut(pieces: list[bytes], width: int):
    frames = Frames()
    whole = framed(pieces)
    cuts = [whole[at : at + width] for at in range(0, len(whole), width)]
    assert b"".join(frames.feed(cut) for cut in cuts) == b"".join(pieces)
