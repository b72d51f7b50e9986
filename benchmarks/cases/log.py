"""200,000 lines of log with 20 secrets to mask: what a line costs."""

from __future__ import annotations

import random
from pathlib import Path

from benchmarks.case import Bench, Row

WORKFLOW = """
on: push
jobs:
  talk:
    runs-on: ubuntu-latest
    steps:
      - run: cat {file}
"""


WORDS = (
    *("cache", "queue", "mesh", "node", "event", "store", "plan", "lease"),
    *("token", "shard", "trace", "index", "merge", "batch", "retry", "clock"),
)


def secrets(count: int) -> list[str]:
    """Values like tokens: 40 characters, none within another."""
    return [f"tok_{number:06d}_" + f"{number * 7919:029x}"[-29:] for number in range(count)]


def write_log(path: Path, lines: int, values: list[str]) -> None:
    """A log of the kinds of lines that jobs print, the same each time; every 50th holds a secret.

    Times, digests and durations differ from line to line, as they do in real logs: ``zstd -1``
    makes a quarter of it.
    """
    chance = random.Random(7919)
    with path.open("w") as file:
        for number in range(lines):
            file.write(_line(chance, number))
            if number % 50 == 0:
                file.write(f" token={values[number // 50 % len(values)]}")
            file.write("\n")


def _line(chance: random.Random, number: int) -> str:
    bits = chance.getrandbits(64)
    seconds, kind = number // 40, bits % 4
    time = (
        f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{bits % 1000:03d}"
    )
    if kind == 0:
        name = f"tests/unit/test_{WORDS[bits >> 8 & 15]}_{WORDS[bits >> 12 & 15]}.py"
        return f"{time} {name}::test_{bits >> 16 & 1023} PASSED in {(bits >> 30) % 9000 / 1e4:.4f}s"
    if kind == 1:
        layer = f"{bits:016x}"
        return (
            f"{time} {layer[:12]}: extracting {(bits >> 20) % 90000 / 1000:.2f} MB of layer {layer}"
        )
    if kind == 2:
        return (
            f'{{"level":"info","at":"2026-01-02T{time}Z","trace":"{bits:016x}",'
            f'"ms":{(bits >> 24) % 5000},"route":"/{WORDS[bits >> 4 & 15]}/{bits >> 40 & 4095}"}}'
        )
    source = f"src/{WORDS[bits >> 8 & 15]}/{WORDS[bits >> 20 & 15]}.c"
    return f"{time} cc -O2 -c {source} -o build/{bits >> 32:08x}.o  # {number} of many"


def write_secrets(path: Path, values: list[str]) -> None:
    """A file for ``--secret-file``; both programs read it."""
    path.write_text("".join(f"SECRET_{n}={value}\n" for n, value in enumerate(values)))


def run(bench: Bench) -> list[Row]:
    lines = bench.size(200_000, 2_000)
    values = secrets(20)
    log, known = bench.directory / "log.txt", bench.directory / "log.secrets"
    write_log(log, lines, values)
    write_secrets(known, values)
    repo = bench.repo("log", WORKFLOW.format(file=log))
    extra = ("--secret-file", str(known))
    row, _, _ = bench.compare(
        f"{lines:,} log lines, 20 secrets",
        bench.ours(repo, *extra),
        bench.peer(repo, *extra),
        target=0.4,
    )
    return [row]
