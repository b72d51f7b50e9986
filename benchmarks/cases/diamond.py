"""Twelve jobs that sleep, in a net of needs: whether a job starts when its own needs are met.

The yardstick is no program but arithmetic: the longest chain of needs, in seconds of sleep. Whoever
runs stage by stage waits for the slowest job of each stage: 5.2 s instead of 3.2 s here.
"""

from __future__ import annotations

from functools import cache

from benchmarks.case import Bench, Row
from benchmarks.measure import alternate, median

JOBS: dict[str, tuple[float, tuple[str, ...]]] = {
    "start": (0.2, ()),
    "a1": (1.6, ("start",)),
    "b1": (0.4, ("start",)),
    "c1": (0.2, ("start",)),
    "a2": (0.4, ("a1",)),
    "b2": (1.4, ("b1",)),
    "c2": (0.4, ("c1",)),
    "a3": (0.4, ("a2",)),
    "b3": (0.4, ("b2",)),
    "c3": (1.6, ("c2",)),
    "join": (0.2, ("a3", "b3", "c3")),
    "end": (0.4, ("join",)),
}
"""Job → seconds of sleep, and what it needs."""


def workflow(scale: float) -> str:
    """The net of jobs, their sleep multiplied."""
    text = "on: push\njobs:\n"
    for name, (seconds, needs) in JOBS.items():
        text += f"  {name}:\n    runs-on: ubuntu-latest\n    needs: [{', '.join(needs)}]\n"
        text += f"    steps:\n      - run: sleep {seconds * scale:.3f}\n"
    return text


@cache
def longest(name: str) -> float:
    """Seconds from the run's start to a job's end, if nothing but sleep took time."""
    seconds, needs = JOBS[name]
    return seconds + max(map(longest, needs), default=0.0)


def run(bench: Bench) -> list[Row]:
    scale = 0.1 if bench.quick else 1.0
    repo = bench.repo("diamond", workflow(scale))
    ours, theirs = alternate(bench.ours(repo), bench.peer(repo), max(1, bench.rounds // 2))
    return [
        Row(
            what=f"a diamond of {len(JOBS)} sleeping jobs",
            ours=median(ours),
            theirs=max(map(longest, JOBS)) * scale,
            against="longest chain",
            target=1.05,
            note=f"act: {median(theirs):.2f} s",
        )
    ]
