"""What agentmesh and its spawner's processes say to each other, over SOCK_SEQPACKET sockets.

Requests are marshalled tuples, with descriptors; a large one travels in a memory file. Replies are
five numbers of fixed size, so that a step that got hold of its job's init process can at most send
wrong numbers. Imported by the bare interpreter of :mod:`agentmesh.executors.zygote`: standard
modules that are cheap to load, nothing else (``socket`` itself would add 4 ms to its 7).
"""

from __future__ import annotations

import marshal
import os
import struct
from _socket import (
    AF_UNIX,
    SCM_RIGHTS,
    SOCK_CLOEXEC,
    SOCK_SEQPACKET,
    SOL_SOCKET,
    socket,
    socketpair,
)

TYPE_CHECKING = False  # typing and collections.abc take 4 ms to load
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Message = tuple[Any, ...]
    """A request's kind and what the comment at the kind says."""

# Requests to the zygote: (JOB, isolation), with the job's socket.
JOB = 1
# Requests to a job's init process.
SPAWN = 10  # (SPAWN, id, program, argv, environment, directory, terminal), with the output's end
SIGNAL = 11  # (SIGNAL, id, number)
KILL = 12  # (KILL, id)
CLOSE = 13  # (CLOSE,)
# Replies: (kind, id, number, and of EXITED what it took: microseconds of processor, KiB at most).
UP = 20  # number: the place of the isolation in ISOLATIONS
STARTED = 21  # number: the pid, as the job's init process sees it
NO_DIRECTORY = 22  # number: errno
NO_PROGRAM = 23  # number: errno
EXITED = 24  # number: exit code, or minus the signal
CLOSED = 25  # every process of the job has ended
NO_JOB = 26  # number: errno; the job's init process could not be made

ISOLATIONS = ("namespace", "user", "reaper")

_REPLY = struct.Struct("<qqqqq")
_IN_PACKET = 60_000
_MOST_FDS = 4

Reply = tuple[int, int, int, int, int]


def pair() -> tuple[socket, socket]:
    """Two ends of a connection that keeps the borders of messages."""
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)


def send(sock: socket, message: Message, fds: Sequence[int] = ()) -> None:
    """Send a request. Raises OSError; BlockingIOError where the other end is slow to read."""
    data = marshal.dumps(message)
    if len(data) <= _IN_PACKET:
        _send(sock, data, fds)
        return
    file = os.memfd_create("agentmesh-request")
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        _send(sock, b"", (*fds, file))
    finally:
        os.close(file)


def _send(sock: socket, data: bytes, fds: Sequence[int]) -> None:
    # One byte in front: an empty packet could not be told from the end of the connection.
    rights = [(SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))] if fds else []
    sock.sendmsg([b"\0", data], rights)


def receive(sock: socket) -> tuple[Message, list[int]] | None:
    """The next request with its descriptors (close-on-exec); None at the end."""
    data, ancillary, _, _ = sock.recvmsg(_IN_PACKET + 64, 64, _CLOSE_ON_EXEC)
    fds: list[int] = []
    for level, kind, raw in ancillary:
        if level == SOL_SOCKET and kind == SCM_RIGHTS:
            fds.extend(struct.unpack(f"{len(raw) // 4}i", raw[: len(raw) // 4 * 4]))
    if not data:
        return None
    if len(data) > 1:
        return marshal.loads(data[1:]), fds
    file = fds.pop()
    try:
        return marshal.loads(_all_of(file)), fds
    finally:
        os.close(file)


def reply(
    sock: socket, kind: int, id: int = 0, number: int = 0, spent: int = 0, peak: int = 0
) -> None:
    """Send a reply. Raises OSError."""
    sock.send(_REPLY.pack(kind, id, number, spent, peak))


def receive_reply(sock: socket) -> Reply | None:
    """The next reply; None at the end. Raises BlockingIOError where there is none yet."""
    try:
        data = sock.recv(_REPLY.size)
    except ConnectionError:
        return None
    return _REPLY.unpack(data) if len(data) == _REPLY.size else None


def _all_of(file: int) -> bytes:
    size = os.fstat(file).st_size
    pieces: list[bytes] = []
    at = 0
    while at < size and (piece := os.pread(file, size - at, at)):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


_CLOSE_ON_EXEC = 0x40000000  # MSG_CMSG_CLOEXEC
