"""When each job of a plan would start, and the chain of jobs that decides how long it all takes.

Called by :mod:`agentmesh.plan.estimate`. Pure. A job starts as soon as all that it needs has ended
and, where its matrix has ``max-parallel``, as soon as an earlier cell has made room: runners are
taken to be there at once, as on GitHub.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush

import msgspec


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Something that takes time. ``needs`` are groups: it waits for every task of theirs.

    ``group`` are the cells of one job; ``slots`` is how many of them may run at once.
    """

    key: str
    group: str
    seconds: float = 0.0
    needs: tuple[str, ...] = ()
    slots: int | None = None


class Timetable(msgspec.Struct, frozen=True, kw_only=True):
    """When tasks start, in seconds from the beginning, and which of them decide the end.

    ``path`` are the keys of the tasks that follow upon each other without a gap, from the start to
    the very end; ``seconds`` is the time they take together.
    """

    starts: dict[str, float] = {}
    seconds: float = 0.0
    path: tuple[str, ...] = ()


def timetable(tasks: Iterable[Task]) -> Timetable:
    """The times of tasks that come ordered, so that each stands behind those of its needs.

    Of two chains of the same length, the one that comes first makes the path.
    """
    starts: dict[str, float] = {}
    before: dict[str, str] = {}
    ends: dict[str, tuple[float, str]] = {}  # of a group: when its last task ends, and which it is
    running: dict[str, list[tuple[float, int, str]]] = {}
    last = (0.0, "")
    for place, task in enumerate(tasks):
        start, after = 0.0, ""
        for need in task.needs:
            end, key = ends.get(need, (0.0, ""))
            if key and (end > start or not after):
                start, after = end, key
        room = running.setdefault(task.group, [])
        if task.slots is not None and len(room) >= task.slots:
            end, _, key = heappop(room)
            if end > start:
                start, after = end, key
        end = start + task.seconds
        if task.slots is not None:
            heappush(room, (end, place, task.key))
        starts[task.key], before[task.key] = start, after
        if task.group not in ends or end > ends[task.group][0]:
            ends[task.group] = (end, task.key)
        if not last[1] or end > last[0]:
            last = (end, task.key)
    return Timetable(starts=starts, seconds=last[0], path=_back(last[1], before))


def _back(key: str, before: dict[str, str]) -> tuple[str, ...]:
    """The chain that leads to a task, from its beginning."""
    path: list[str] = []
    while key:
        path.append(key)
        key = before[key]
    return tuple(reversed(path))
