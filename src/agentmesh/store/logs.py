"""Log files: what the steps of a job wrote, compressed, readable while they are written.

One file a job, only ever appended to. It is a sequence of records, each a zstd *skippable frame*
that says what follows (:data:`HEADER`), then a zstd frame with whole lines of one step; so
``zstdcat`` prints the text, a reader hops from record to record without decompressing, and after
a kill -9 everything up to the last complete record is there. There is no second index to go stale.

Written by :class:`LogWriter` (one a run, called by history.py); read by :func:`read`. Formats:
RFC 8878, sections 3.1.1 (frames, raw blocks) and 3.1.2 (skippable frames).

Small records are written as raw blocks, for which no compressor is needed: importing zstandard
takes longer than running most steps that say little. Large ones are compressed beside the run by
one thread (zstandard releases the interpreter's lock); its queue is short, so memory stays flat.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agentmesh.ports.history import LogPart
from agentmesh.store import layout

if TYPE_CHECKING:
    from queue import Queue
    from threading import Thread

    from agentmesh.store.layout import Layout

HEADER = struct.Struct("<IIIQIIII")
"""Skippable magic, its length, then: step, first line, lines, raw bytes, frame bytes, crc32."""

_MAGIC = 0x184D2A5A
_RECORD_BYTES = 256 * 1024
_SMALL_BYTES = 8 * 1024
_QUEUED = 8
_LEVEL = 1


class _Lines:
    """Lines of one step that are not written yet."""

    __slots__ = ("count", "first", "size", "texts")

    def __init__(self, first: int) -> None:
        self.first = first
        self.count = 0
        self.size = 0
        self.texts: list[str] = []


_Work = tuple[int, int, int, int, bytes] | None
"""Job, step, first line, lines, text; None ends the thread."""


class LogWriter:
    """Writes the log files of one run. Methods raise OSError where the disk does not take more.

    ``folder`` is made with the first record. Used by one thread at a time.
    """

    def __init__(self, layout: Layout, number: int) -> None:
        self._layout = layout
        self._number = number
        self._open: dict[tuple[int, int], _Lines] = {}
        self._ready: list[tuple[int, int, int, int, bytes]] = []
        self._files: dict[int, int] = {}
        self._queue: Queue[_Work] | None = None
        self._thread: Thread | None = None
        self._error: OSError | None = None

    @property
    def dirty(self) -> bool:
        """Whether :meth:`flush` has something to do."""
        return bool(self._open or self._ready)

    def add(self, job: int, step: int, first: int, count: int, text: str) -> None:
        """Take some whole lines."""
        lines = self._open.get((job, step))
        if lines is None:
            lines = self._open[job, step] = _Lines(first)
        lines.texts.append(text)
        lines.count += count
        lines.size += len(text) + 1
        if lines.size >= _RECORD_BYTES:
            self._seal(job, step)
            self._hand_over()

    def end_step(self, job: int, step: int) -> None:
        """No more lines will come of a step."""
        self._seal(job, step)

    def flush(self) -> None:
        """Hand everything to the disk, so that readers see it."""
        for job, step in tuple(self._open):
            self._seal(job, step)
        if self._ready and self._queue is None:
            self._write_small()
        self._hand_over()
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Write the rest and wait for it."""
        try:
            if self._error is None:
                self.flush()
        finally:
            self._end()
        if self._error is not None:
            raise self._error

    def _end(self) -> None:
        """Let the thread finish, and only then close what it writes to."""
        if self._queue is not None and self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._queue = self._thread = None
        for descriptor in self._files.values():
            os.close(descriptor)
        self._files.clear()

    def _seal(self, job: int, step: int) -> None:
        lines = self._open.pop((job, step), None)
        if lines is not None:
            lines.texts.append("")
            raw = "\n".join(lines.texts).encode("utf-8", "replace")
            self._ready.append((job, step, lines.first, lines.count, raw))

    def _write_small(self) -> None:
        """Write records that need no compressor, one write a file."""
        if any(len(work[4]) > _SMALL_BYTES for work in self._ready):
            return
        by_job: dict[int, list[bytes]] = {}
        for job, step, first, count, raw in self._ready:
            by_job.setdefault(job, []).append(_record(step, first, count, raw, raw_frame(raw)))
        self._ready.clear()
        for job, records in by_job.items():
            self._append(job, b"".join(records))

    def _hand_over(self) -> None:
        """Give what is ready to the compressing thread. Waits where it is far behind."""
        if not self._ready:
            return
        if self._queue is None:
            self._queue = self._start()
        for work in self._ready:
            self._queue.put(work)
        self._ready.clear()

    def _start(self) -> Queue[_Work]:
        from queue import Queue
        from threading import Thread

        queue: Queue[_Work] = Queue(_QUEUED)
        thread = Thread(target=self._compress, args=(queue,), name="log compressor", daemon=True)
        thread.start()
        self._thread = thread
        return queue

    def _compress(self, queue: Queue[_Work]) -> None:
        from zstandard import ZstdCompressor

        compress = ZstdCompressor(level=_LEVEL, write_content_size=True).compress
        while (work := queue.get()) is not None:
            if self._error is not None:
                continue  # the queue must still drain, or the run would wait for ever
            job, step, first, count, raw = work
            frame = compress(raw) if len(raw) > 128 else raw_frame(raw)
            try:
                self._append(job, _record(step, first, count, raw, frame))
            except OSError as error:
                self._error = error

    def _append(self, job: int, data: bytes) -> None:
        descriptor = self._files.get(job)
        if descriptor is None:
            layout.make(self._layout.logs(self._number))
            descriptor = os.open(
                self._layout.log(self._number, job),
                os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC,
                0o600,
            )
            self._files[job] = descriptor
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]


def raw_frame(data: bytes) -> bytes:
    """A zstd frame that holds ``data`` as it is, for texts too small to gain from compressing."""
    parts = [struct.pack("<IBQ", 0xFD2FB528, 0xE0, len(data))]
    limit = 128 * 1024
    for start in range(0, max(len(data), 1), limit):
        block = data[start : start + limit]
        last = start + limit >= len(data)
        parts.append(struct.pack("<I", (len(block) << 3) | last)[:3] + block)
    return b"".join(parts)


def _record(step: int, first: int, count: int, raw: bytes, frame: bytes) -> bytes:
    length = HEADER.size - 8
    head = (_MAGIC, length, step, first, count, len(raw), len(frame), zlib.crc32(frame))
    return HEADER.pack(*head) + frame


def read(path: str, step: int | None = None, start: int = 0) -> Iterator[tuple[LogPart, int]]:
    """The parts of a log file from an offset on, each with the offset after it.

    Ends at the end of the file, or at the first record that is not whole: one that is still being
    written, or was when its writer died. A file that is not there has no parts.
    """
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, whatever the reader does
    except FileNotFoundError:
        return
    with file:
        offset = file.seek(start)
        while (head := _header(file.read(HEADER.size))) is not None:
            number, first, count, size, length, crc = head
            offset += HEADER.size + length
            if step is not None and number != step:
                file.seek(offset)
                continue
            frame = file.read(length)
            if len(frame) < length or zlib.crc32(frame) != crc:
                return
            text = _decompress(frame, size).decode("utf-8", "replace")
            yield (
                LogPart(step=number, first=first, count=count, text=text.removesuffix("\n")),
                offset,
            )
            file.seek(offset)


def _header(data: bytes) -> tuple[int, int, int, int, int, int] | None:
    if len(data) < HEADER.size:
        return None
    magic, length, *rest = HEADER.unpack(data)
    if magic != _MAGIC or length != HEADER.size - 8:
        return None
    step, first, count, size, frame, crc = rest
    return step, first, count, size, frame, crc


def _decompress(frame: bytes, size: int) -> bytes:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompress(frame, max_output_size=size)
