"""200,000 lines of log with 20 secrets to mask: what a line costs."""

from __future__ import annotations

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


def secrets(count: int) -> list[str]:
    """Values like tokens: 40 characters, none within another."""
    return [f"tok_{number:06d}_" + f"{number * 7919:029x}"[-29:] for number in range(count)]


def write_log(path: Path, lines: int, values: list[str]) -> None:
    """A log such as tests print, with a secret in every fiftieth line."""
    with path.open("w") as file:
        for number in range(lines):
            text = (
                f"2026-01-02T03:04:05.{number % 1000:03d}Z tests/unit/test_{number % 97}.py::test"
            )
            file.write(f"{text}[{number}] PASSED in 0.0{number % 10}s")
            if number % 50 == 0:
                file.write(f" token={values[number // 50 % len(values)]}")
            file.write("\n")


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
