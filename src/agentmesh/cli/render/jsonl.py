"""``--json``: one event a line.

An event sink. Every event has ``type``, ``run``, ``seq`` and ``time``; a batch of log lines becomes
one ``log`` event for each line, with numbers that follow each other.
"""

from __future__ import annotations

import msgspec

from agentmesh.cli.out import Out
from agentmesh.core.events import Event, Logged


class JsonLines:
    """Writes events as JSON lines."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._encoder = msgspec.json.Encoder()

    def __call__(self, event: Event, /) -> None:
        if isinstance(event, Logged):
            self._out.write(self._lines(event))
        else:
            self._out.write(self._encode(event) + b"\n")

    def pause(self, step: str) -> None:
        """Nothing is drawn that would have to go away."""

    def close(self) -> None:
        """Nothing is held back."""

    def _lines(self, event: Logged) -> bytes:
        """The batch as lines. Only number and text differ, so the rest is encoded once."""
        shell = msgspec.structs.replace(event, seq=0, text="", first=1, count=1)
        start = self._encode(shell)[:-1].replace(b',"text":""', b"") + b',"seq":'
        encode = self._encode
        seq, first = event.seq, event.first
        return b"".join(
            b'%b%d,"line":%d,"text":%b}\n' % (start, seq + index, first + index, encode(line))
            for index, line in enumerate(event.text.split("\n"))
        )

    def _encode(self, value: Event | str) -> bytes:
        try:
            return self._encoder.encode(value)
        except UnicodeEncodeError:  # half a surrogate pair, from a file name or a broken program
            return self._encoder.encode(_repaired(msgspec.to_builtins(value)))


def _repaired(value: object) -> object:
    """The same with what UTF-8 cannot say replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_repaired(k): _repaired(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_repaired(item) for item in value]
    return value
