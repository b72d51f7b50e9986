"""Standard output as a sink of bytes."""

from __future__ import annotations

import os
import threading

from agentmesh.cli.out import Out


def test_all_of_it_arrives_however_small_the_pipe():
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    received = bytearray()

    def drain():
        while chunk := os.read(reader, 1 << 16):
            received.extend(chunk)

    thread = threading.Thread(target=drain)
    thread.start()
    data = os.urandom(1 << 20)
    Out(writer).write(data)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert bytes(received) == data


def test_a_reader_that_leaves_is_told_once_and_nothing_is_raised():
    reader, writer = os.pipe()
    os.close(reader)
    told = []
    out = Out(writer, left=lambda: told.append(True))
    out.write(b"a")
    out.write(b"b")
    os.close(writer)
    assert (out.closed, told) == (True, [True])


def test_why_nothing_can_be_written_is_told_before_it_stops():
    told = []
    with open("/dev/full", "wb", buffering=0) as full:
        out = Out(
            full.fileno(),
            left=lambda: told.append("left"),
            failed=lambda error: told.append(error.strerror),
        )
        out.write(b"a")
        out.write(b"b")
    assert told == ["No space left on device", "left"]
