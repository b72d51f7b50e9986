"""Runs commands in turns and says how long they took; called by the cases.

On a shared machine an absolute time means nothing and a drift hits whatever is measured last, so
two commands are always run alternately, ours first in one round and second in the next, and what
counts is the ratio of the medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What to run; its standard output is thrown away, as a terminal would only slow it down."""

    argv: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]


class Sample(msgspec.Struct, frozen=True):
    """One run: wall-clock seconds, the largest resident set of its processes in bytes, and the
    seconds of processor time they took."""

    seconds: float
    peak: int
    cpu: float = 0.0


class Failed(Exception):
    """A measured command failed: its time would mean nothing."""


def once(command: Command) -> Sample:
    """Run a command to its end. Raises Failed where it does not exit with 0."""
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            said = errors.read()[-2000:].decode(errors="replace")
            raise Failed(f"{' '.join(command.argv)} exited with {process.returncode}\n{said}")
    return Sample(seconds, usage.ru_maxrss * 1024, usage.ru_utime + usage.ru_stime)


def alternate(ours: Command, theirs: Command, rounds: int) -> tuple[list[Sample], list[Sample]]:
    """Run both ``rounds`` times in turns, after one unmeasured run of each."""
    once(ours)
    once(theirs)
    left: list[Sample] = []
    right: list[Sample] = []
    for number in range(rounds):
        if number % 2:
            right.append(once(theirs))
            left.append(once(ours))
        else:
            left.append(once(ours))
            right.append(once(theirs))
    return left, right


def median(samples: list[Sample]) -> float:
    """The median of the seconds."""
    return statistics.median(sample.seconds for sample in samples)


def spread(ours: list[Sample], theirs: list[Sample]) -> tuple[float, float]:
    """The lower and upper quartile of the ratios of the pairs: how far the noise goes."""
    ratios = sorted(a.seconds / b.seconds for a, b in zip(ours, theirs, strict=True))
    if len(ratios) < 2:
        return ratios[0], ratios[0]
    low, _, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return low, high


def repository(directory: Path, workflow: str) -> None:
    """A git repository with one workflow, as a user has it."""
    path = directory / ".github/workflows/bench.yml"
    path.parent.mkdir(parents=True)
    path.write_text(workflow)
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
    for args in (
        ("init", "-q", "-b", "main"),
        ("remote", "add", "origin", "https://github.com/octo/bench.git"),
        ("add", "-A"),
        (*identity, "-c", "commit.gpgsign=false", "commit", "-q", "-m", "Start"),
    ):
        subprocess.run(("git", *args), cwd=directory, check=True)
