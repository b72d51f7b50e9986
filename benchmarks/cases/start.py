"""One job with one ``true`` step, the whole process: what a person waits for who tries a thing.

The peer is a Go binary; a Python that only imports what a runner can't do without takes longer
than all of it, so the target is above 1.
"""

from __future__ import annotations

from benchmarks.case import Bench, Row

WORKFLOW = """
on: push
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - run: 'true'
"""


def run(bench: Bench) -> list[Row]:
    repo = bench.repo("start", WORKFLOW)
    # A whole process takes some hundredths of a second: more rounds, for the same noise.
    rounds = bench.rounds * 3
    what = "one job, one `true` step"
    return [bench.compare(what, bench.ours(repo), bench.peer(repo), target=2.5, rounds=rounds)[0]]
