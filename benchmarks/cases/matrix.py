"""A matrix of 40 jobs with one ``true`` step each: what a job costs."""

from __future__ import annotations

from benchmarks.case import Bench, Row

WORKFLOW = """
on: push
jobs:
  leg:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        number: [{numbers}]
    steps:
      - run: 'true'
"""


def run(bench: Bench) -> list[Row]:
    count = bench.size(40, 4)
    repo = bench.repo("matrix", WORKFLOW.format(numbers=", ".join(map(str, range(count)))))
    what = f"a matrix of {count} jobs"
    return [bench.compare(what, bench.ours(repo), bench.peer(repo), target=0.5)[0]]
