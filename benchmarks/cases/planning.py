"""Planning 500 and 5,000 matrix jobs: whether the time for each stays the same.

What ``agentmesh plan`` takes for one job is taken off both, so that start-up hides nothing. Planning
waits for nothing, so processor time is measured: other programs of the machine disturb it less.
"""

from __future__ import annotations

import statistics

from benchmarks.case import Bench, Row
from benchmarks.measure import Command, once

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


def workflow(jobs: int) -> str:
    """A workflow of so many jobs, in matrices of 250."""
    numbers = ", ".join(map(str, range(CELLS // 10)))
    return HEAD + "".join(JOB.format(number=n, numbers=numbers) for n in range(jobs // CELLS))


def run(bench: Bench) -> list[Row]:
    few, many = bench.size(500, 250), bench.size(5_000, 500)
    single = HEAD + "  one:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"

    def planning(name: str, text: str) -> Command:
        return bench.command(bench.repo(name, text), bench.agentmesh, "plan", "--json")

    commands = (
        planning("plan-one", single),
        planning("plan-few", workflow(few)),
        planning("plan-many", workflow(many)),
    )
    # The three in turns, so that a drift of the machine reaches all.
    rounds = [[once(command).cpu for command in commands] for _ in range(bench.rounds * 2)]
    one, short, long = (statistics.median(row[n] for row in rounds) for n in range(3))
    return [
        Row(
            what=f"planning {many:,} jobs, for each",
            ours=(long - one) / many * 1e6,
            theirs=(short - one) / few * 1e6,
            against=f"{few:,} jobs, for each",
            target=1.2,
            unit="µs",
        )
    ]
