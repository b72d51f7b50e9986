"""The table of a benchmark run, as text for a terminal and as a page of the documentation."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.case import Row

HEAD = ("what", "ours", "beside", "ratio", "quartiles", "target", "")


def amount(value: float, unit: str) -> str:
    """A number with as many digits as mean something."""
    return f"{value:.3f} {unit}" if value < 10 else f"{value:.1f} {unit}"


def cells(row: Row, *, judge: bool = True) -> tuple[str, ...]:
    """The texts of one line; without ``judge`` nothing about the target."""
    verdict = ("met" if row.met else "MISSED") if judge else ""
    return (
        row.what,
        amount(row.ours, row.unit),
        f"{row.against} {amount(row.theirs, row.unit)}",
        f"{row.ratio:.2f}",
        f"{row.quartiles[0]:.2f}–{row.quartiles[1]:.2f}" if row.quartiles else "",
        f"≤ {row.target:g}",
        " · ".join(filter(None, (verdict, row.note))),
    )


def text(rows: Iterable[Row], *, judge: bool = True) -> str:
    """Columns for a terminal."""
    lines = [HEAD, *(cells(row, judge=judge) for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def machine() -> str:
    """What it was measured on, in one line."""
    model, cores, memory = "", 0, 0
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cores += 1
            model = line.split(":", 1)[1].strip()
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal"):
            memory = round(int(line.split()[1]) / 2**20)
    return (
        f"{cores} × {model}, {memory} GiB of memory, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def page(rows: Sequence[Row], rounds: int, versions: str) -> str:
    """docs/benchmarks.md."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`, which fails when a target is missed. Both programs run in turns;",
        f"each number is the median of {rounds} runs or more, the ratio that of the medians.",
        "Quartiles are those of the ratios of the pairs: how far the noise goes. An absolute time",
        "says little, as the machine is shared; the ratio is what counts.",
        "",
        f"Machine: {machine()}.  ",
        f"Versions: {versions}.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "|" + "---|" * len(HEAD),
        *("| " + " | ".join(cells(row)) + " |" for row in rows),
        "",
        "What each case does and why stands in the docstrings of `benchmarks/cases/`.",
        "",
    ]
    return "\n".join(lines)
