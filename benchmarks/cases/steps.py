"""200 steps of ``true`` in one job: what a step costs beside the process that it starts."""

from __future__ import annotations

from benchmarks.case import Bench, Row

HEAD = """
on: push
jobs:
  many:
    runs-on: ubuntu-latest
    steps:
"""


def run(bench: Bench) -> list[Row]:
    count = bench.size(200, 10)
    repo = bench.repo("steps", HEAD + "      - run: 'true'\n" * count)
    what = f"{count} steps of `true`"
    return [bench.compare(what, bench.ours(repo), bench.peer(repo), target=0.5)[0]]
