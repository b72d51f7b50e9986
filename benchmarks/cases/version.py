"""``agentmesh --version`` beside a Python that does nothing: what start-up costs at the least."""

from __future__ import annotations

from benchmarks.case import Bench, Row


def run(bench: Bench) -> list[Row]:
    row, _, _ = bench.compare(
        "`agentmesh --version`",
        bench.command(bench.directory, bench.agentmesh, "--version"),
        bench.command(bench.directory, bench.python, "-c", "pass"),
        target=3.0,
        against="python -c pass",
        rounds=bench.rounds * 3,
    )
    return [row]
