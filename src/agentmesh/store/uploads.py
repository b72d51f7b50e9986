"""Content on its way in from a client: blocks in files below ``tmp``, until it is finished.

Made by archive_cache.py and archive_artifacts.py, filled by whoever reads the client's requests
(ports/archives.py). Nothing of it is visible to anybody; a process that is killed leaves files that
:func:`~agentmesh.store.holders.sweep` removes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from shutil import rmtree

from agentmesh.core.errors import AgentmeshError, Refused, WorkflowError
from agentmesh.store import alive
from agentmesh.store.layout import Layout, make, unusable

MOST_BYTES = 10 << 30
"""What one upload may have, as on GitHub."""
MOST_BLOCKS = 50_000
_CHUNK = 1 << 20


class Staged:
    """One upload. Blocks may be written by several threads at once. ``release`` is called when
    it is dropped."""

    def __init__(self, layout: Layout, release: Callable[[], None], most: int = MOST_BYTES) -> None:
        self._layout = layout
        self._release = release
        self._most = most
        self._folder = make(f"{layout.tmp}/{alive.owner().replace('/', '!')}")
        self._lock = threading.Lock()
        self._sizes: dict[str, int] = {}
        self._total = 0
        self._order: tuple[str, ...] | None = None
        self._number = 0
        self._over = False

    def write(self, block: str, chunks: Iterable[bytes]) -> None:
        """See ports/archives.py."""
        with self._lock:
            self._number += 1
            fresh = f"{self._folder}/{self._number}.part"
            self._look(block)
        taken = 0
        try:
            with open(fresh, "xb") as file:
                for chunk in chunks:
                    taken += len(chunk)
                    self._look_size(block, taken)
                    file.write(chunk)
            with self._lock:
                self._look(block)
                os.replace(fresh, self._path(block))
                self._total += taken - self._sizes.get(block, 0)
                self._sizes[block] = taken
        except OSError as error:
            if isinstance(error, TimeoutError | ConnectionError):
                raise
            raise unusable(self._layout.root, error) from error
        finally:
            with suppress(OSError):
                os.unlink(fresh)

    def arrange(self, blocks: tuple[str, ...]) -> None:
        """See ports/archives.py."""
        with self._lock:
            missing = [block for block in blocks if block not in self._sizes]
            if missing:
                raise WorkflowError(
                    f"the block {missing[0]!r} was never uploaded", remedy="upload it first"
                )
            self._order = blocks

    def discard(self) -> None:
        """See ports/archives.py."""
        with self._lock:
            over, self._over = self._over, True
        if not over:
            rmtree(self._folder, ignore_errors=True)
            with suppress(AgentmeshError):  # the store is out of reach: the lease ends with us
                self._release()

    @property
    def size(self) -> int:
        """Bytes of the content as arranged; -1 before it was."""
        if self._order is None:
            return -1
        return sum(self._sizes[block] for block in self._order)

    @contextmanager
    def opened(self) -> Iterator[Joined]:
        """The content as one stream, from its beginning."""
        joined = Joined([self._path(block) for block in self._order or ()])
        try:
            yield joined
        finally:
            joined.close()

    def _look(self, block: str) -> None:
        if self._over:
            raise Refused("the upload is over", remedy="begin a new one")
        if block not in self._sizes and len(self._sizes) >= MOST_BLOCKS:
            raise Refused(f"an upload has at most {MOST_BLOCKS} blocks", remedy="use larger ones")

    def _look_size(self, block: str, taken: int) -> None:
        if self._total - self._sizes.get(block, 0) + taken > self._most:
            raise Refused(
                f"an upload has at most {self._most} bytes", remedy="keep fewer or smaller files"
            )

    def _path(self, block: str) -> str:
        return f"{self._folder}/{sha256(block.encode()).hexdigest()[:32]}"


class Joined:
    """Several files as one for reading."""

    def __init__(self, paths: list[str]) -> None:
        self._paths = paths
        self._at = 0
        self._file = open(paths[0], "rb", buffering=0) if paths else None  # noqa: SIM115

    def read(self, size: int = -1, /) -> bytes:
        """Some bytes; fewer than asked for at the end of a file, none at the end of all."""
        while self._file is not None:
            data = self._file.read(size if size >= 0 else _CHUNK)
            if data:
                return data
            self._file.close()
            self._at += 1
            more = self._at < len(self._paths)
            self._file = open(self._paths[self._at], "rb", buffering=0) if more else None  # noqa: SIM115
        return b""

    def close(self) -> None:
        """May be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
