"""The two streams of a process in a container, which engines send as frames of one stream.

Called by :mod:`agentmesh.executors.container`. Each frame has a head of 8 bytes: the stream's
number, three zeros, and the length ("Stream format" of the Docker Engine API, attach).
"""

from __future__ import annotations

_HEAD = 8


class Frames:
    """Takes pieces of the stream as they come, and gives what was written."""

    def __init__(self) -> None:
        self._waiting = b""  # a head that is not whole
        self._left = 0  # bytes of the frame that are still to come

    def feed(self, data: bytes) -> bytes:
        """The payload in some more bytes of the stream."""
        if self._waiting:
            data, self._waiting = self._waiting + data, b""
        found: list[bytes] = []
        at = 0
        while at < len(data):
            if not self._left:
                if len(data) - at < _HEAD:
                    self._waiting = data[at:]
                    break
                self._left = int.from_bytes(data[at + 4 : at + _HEAD], "big")
                at += _HEAD
            piece = data[at : at + self._left]
            found.append(piece)
            at += len(piece)
            self._left -= len(piece)
        return found[0] if len(found) == 1 else b"".join(found)
