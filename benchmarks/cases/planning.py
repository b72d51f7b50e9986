"""Planning 500 and 5,000 matrix jobs: whether the time for each stays the same.

Parsed, built and expanded in this process, without what starting one costs: that is many times
the time of planning 500 jobs and would hide it. Planning waits for nothing, so processor time is
measured: other programs of the machine disturb it less.
"""

from __future__ import annotations

import statistics
import time

from agentmesh.lang.parse import workflow
from agentmesh.plan.build import build
from agentmesh.plan.expand import expand
from agentmesh.plan.model import JobSpec, Request, Source
from benchmarks.case import Bench, Row

CELLS = 250
"""A matrix may have 256 jobs at most."""

HEAD = "on: push\njobs:\n"
JOB = """  job{number}:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        letter: [a, b, c, d, e, f, g, h, i, j]
        number: [{numbers}]
    env:
      WHICH: ${{{{ matrix.letter }}}}-${{{{ matrix.number }}}}
    steps:
      - run: 'true'
"""


def jobs(count: int) -> str:
    """A workflow of so many jobs, in matrices of 250."""
    numbers = ", ".join(map(str, range(CELLS // 10)))
    return HEAD + "".join(JOB.format(number=n, numbers=numbers) for n in range(count // CELLS))


def planning(text: str) -> float:
    """Seconds of processor time from a workflow's text to all of its jobs."""
    github: dict[str, object] = {
        "event_name": "push",
        "ref": "refs/heads/main",
        "ref_name": "main",
        "ref_type": "branch",
        "event": {},
    }
    started = time.process_time()
    parsed, problems = workflow(text, ".github/workflows/bench.yml")
    assert parsed is not None, problems
    source = Source(directory="/", repository="octo/bench")
    plan = build(Request(run="1", workflows=(parsed,), github=github, source=source))
    members = [member for node in plan.nodes for member in expand(plan.request, node, {}).members]
    seconds = time.process_time() - started
    assert all(isinstance(member, JobSpec) for member in members)
    return seconds / len(members)


def run(bench: Bench) -> list[Row]:
    few, many = bench.size(500, 250), bench.size(5_000, 500)
    texts = jobs(few), jobs(many)
    planning(texts[0])
    # In turns, so that a drift of the machine reaches both.
    rounds = [[planning(text) for text in texts] for _ in range(bench.rounds * 3)]
    short, long = (statistics.median(row[n] for row in rounds) for n in range(2))
    return [
        Row(
            what=f"planning {many:,} jobs, for each",
            ours=long * 1e6,
            theirs=short * 1e6,
            against=f"{few:,} jobs, for each",
            target=1.2,
            unit="µs",
        )
    ]
