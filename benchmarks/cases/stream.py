"""A million lines with a thousand secrets: the speed of the whole way, and flat memory.

The yardstick for speed is what the machine can do at all: ``cat`` through ``zstd -1`` into a file.
Ours reads, masks, splits, shows and stores, compressed; half the yardstick's speed is the target.
Memory is the peak of the largest process for a million lines beside that for a hundred thousand.
"""

from __future__ import annotations

from benchmarks.case import Bench, Row
from benchmarks.cases.log import WORKFLOW, secrets, write_log, write_secrets


def run(bench: Bench) -> list[Row]:
    lines = bench.size(1_000_000, 20_000)
    values = secrets(1_000)
    log, known = bench.directory / "stream.txt", bench.directory / "stream.secrets"
    short = bench.directory / "stream.short.txt"
    write_log(log, lines, values)
    write_log(short, lines // 10, values)
    write_secrets(known, values)
    extra = ("--secret-file", str(known))
    repo = bench.repo("stream", WORKFLOW.format(file=log))
    small = bench.repo("stream-short", WORKFLOW.format(file=short))
    archive = bench.directory / "stream.zst"
    zstd = f"cat {log} | zstd -1 -q -f -o {archive}"
    speed, long_runs, _ = bench.compare(
        f"{lines:,} log lines, 1,000 secrets",
        bench.ours(repo, *extra),
        bench.command(repo, "sh", "-c", zstd),
        target=2.0,
        against="cat, zstd -1",
    )
    _, short_runs, _ = bench.compare(
        "short", bench.ours(small, *extra), bench.command(small, "true"), target=1.0, rounds=1
    )
    memory = Row(
        what="its peak memory",
        ours=max(sample.peak for sample in long_runs) / 2**20,
        theirs=max(sample.peak for sample in short_runs) / 2**20,
        against="a tenth of the lines",
        target=1.1,
        unit="MiB",
    )
    return [speed, memory]
