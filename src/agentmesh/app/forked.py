"""Work on many files at once: copies of this process each take a share of them.

Called by :mod:`agentmesh.app.lint`, in a process without threads. What was imported and read before
is there in each copy, so nothing has to be handed over but the results.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

Work = Callable[[Sequence[str]], bytes]
LEAST = 64
"""Items that are worth a process of their own: a copy costs what some ten files do."""


def shares(items: Sequence[str], cpus: int) -> list[Sequence[str]]:
    """The items in as many shares as are worth it, each of them every so manieth item."""
    count = max(1, min(cpus, len(items) // LEAST))
    return [items[number::count] for number in range(count)]


def spread(items: Sequence[str], work: Work, *, cpus: int | None = None) -> list[bytes]:
    """The results of the work on all items, a result a share.

    A share whose process fails is done here, so that its error is raised as it would have been.
    """
    parts = shares(items, len(os.sched_getaffinity(0)) if cpus is None else cpus)
    children = [_start(part, work) for part in parts[1:]]
    results = []
    try:
        results.append(work(parts[0]))
    finally:
        received = [_receive(child) for child in children]
    for part, data in zip(parts[1:], received, strict=True):
        results.append(work(part) if data is None else data)
    return results


def _start(part: Sequence[str], work: Work) -> tuple[int, int]:
    """A copy of this process at work on a share: its id, and where its result is to be read."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    code = 1
    try:
        os.close(reading)
        with open(writing, "wb") as result:
            result.write(work(part))
        code = 0
    finally:
        # Neither the caller's cleanup nor what it has buffered is this copy's to do.
        os._exit(code)


def _receive(child: tuple[int, int]) -> bytes | None:
    """The result of a copy, None where it has failed."""
    pid, reading = child
    with open(reading, "rb") as result:
        data = result.read()
    _, status = os.waitpid(pid, 0)
    return data if status == 0 else None
