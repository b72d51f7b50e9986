"""Which processes there are, and which of them a step has started. Read by the job's init process.

Deciding (:func:`descendants`, :func:`of_step`) is pure; :func:`table` reads /proc.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # collections.abc takes a millisecond to load
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Process = tuple[int, int, int, bytes]
"""Parent, session, start (clock ticks since boot), state (``Z``: has ended already)."""


def table() -> dict[int, Process]:
    """All processes that /proc shows."""
    found: dict[int, Process] = {}
    for entry in os.listdir(b"/proc"):
        if not entry.isdigit():
            continue
        try:
            fd = os.open(b"/proc/" + entry + b"/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue  # it has ended since
        try:
            stat = os.read(fd, 1024)
        except OSError:
            continue
        finally:
            os.close(fd)
        # The name may hold anything, brackets and blanks too: fields count from the last bracket.
        fields = stat[stat.rfind(b")") + 2 :].split()
        found[int(entry)] = (int(fields[1]), int(fields[3]), int(fields[19]), fields[0])
    return found


def descendants(processes: Mapping[int, Process], roots: Iterable[int]) -> set[int]:
    """Everything below the roots, without them, that has not ended."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process[0], []).append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return {pid for pid in found if processes[pid][3] not in (b"Z", b"X")}


def of_step(
    processes: Mapping[int, Process], root: int, started: int, init: int, others: Iterable[int]
) -> set[int]:
    """The processes of the step whose first process is or was ``root``.

    Its descendants and its session, and what descends from those. A daemon has lost both (it
    forked twice and opened a session): ``init`` has adopted it. One that is not older than the step
    is the step's while no other step runs (``others`` are their first processes); else it is left
    until the job ends, for nothing tells whose it is.
    """
    others = set(others)
    roots = {root}
    roots.update(pid for pid, process in processes.items() if process[1] == root)
    if not others:
        roots.update(
            pid
            for pid, (parent, _, start, _) in processes.items()
            if parent == init and start >= started
        )
    found = descendants(processes, roots) | {
        pid for pid in roots if pid in processes and processes[pid][3] not in (b"Z", b"X")
    }
    return found - others - {init}
