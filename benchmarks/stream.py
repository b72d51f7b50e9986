"""How fast a step's output goes through masking and the log stream: ratios to what is comparable.

    python benchmarks/stream.py [--lines N]

Prints, for 20 and 1,000 secrets, the pipeline's time beside ``cat FILE | zstd -1`` of the same
bytes (where zstd is installed), and how much memory grows from the first tenth of the log to its
end. A ratio under 1 is faster than what it is compared with; times alone mean little.
"""

from __future__ import annotations

import argparse
import random
import resource
import shutil
import statistics
import string
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from agentmesh.engine.masking import Masker
from agentmesh.engine.stream import StepOutput

CHUNK = 1 << 18
ROUNDS = 7


class Counter:
    """A receiver that counts lines, as a log that is thrown away."""

    def __init__(self) -> None:
        self.count = 0
        self.size = 0

    def lines(self, text: str, count: int) -> None:
        self.count += count
        self.size += len(text)

    def annotate(self, level: str, message: str, properties: Mapping[str, str]) -> None: ...

    def set_output(self, name: str, value: str) -> None: ...

    def save_state(self, name: str, value: str) -> None: ...

    def set_env(self, name: str, value: str) -> None: ...

    def add_path(self, directory: str) -> None: ...


def secrets(number: int, chance: random.Random) -> list[str]:
    """Tokens as they are in use: 16 to 40 letters and digits."""
    letters = string.ascii_letters + string.digits
    return ["".join(chance.choices(letters, k=chance.randint(16, 40))) for _ in range(number)]


def log(lines: int, hidden: list[str], style: str, chance: random.Random) -> bytes:
    """A log in which one line of a hundred holds a secret."""
    written: list[str] = []
    for i in range(lines):
        if style == "pytest":
            line = f"tests/unit/test_module_{i % 97}.py::TestThing::test_{i} PASSED [{i % 100:3}%]"
        elif style == "colour":
            line = f"\x1b[32mINFO\x1b[0m worker {i % 8} handled request {i} in {i % 513} ms"
        else:
            line = f"2026-11-24T10:00:00 INFO worker {i % 8} handled /api/items/{i} in {i % 513} ms"
        if i % 100 == 0:
            line += f" token={chance.choice(hidden)}"
        written.append(line)
    return "\n".join(written).encode() + b"\n"


def pipeline(data: bytes, hidden: list[str]) -> float:
    """Seconds for all of the data, the automaton's making included."""
    begun = time.perf_counter()
    receiver = Counter()
    output = StepOutput(Masker(hidden), receiver)
    for at in range(0, len(data), CHUNK):
        output.feed(data[at : at + CHUNK])
    output.finish()
    taken = time.perf_counter() - begun
    assert receiver.count == data.count(b"\n")
    return taken


def zstd(path: Path) -> float:
    """Seconds for ``cat FILE | zstd -1``."""
    begun = time.perf_counter()
    subprocess.run(["sh", "-c", f"cat {path} | zstd -q -1 -c > /dev/null"], check=True)
    return time.perf_counter() - begun


def growth(data: bytes, hidden: list[str]) -> int:
    """KiB that the process grew by while the last nine tenths of the log passed."""
    output = StepOutput(Masker(hidden), Counter())
    first = len(data) // 10 // CHUNK * CHUNK
    for at in range(0, first, CHUNK):
        output.feed(data[at : at + CHUNK])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for at in range(first, len(data), CHUNK):
        output.feed(data[at : at + CHUNK])
    output.finish()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lines", type=int, default=200_000)
    lines = parser.parse_args().lines
    print(f"{lines:,} lines; medians of {ROUNDS} rounds, alternating")
    for style in ("plain", "pytest", "colour"):
        for number in (20, 1000):
            chance = random.Random(number)
            hidden = secrets(number, chance)
            data = log(lines, hidden, style, chance)
            ours: list[float] = []
            peer: list[float] = []
            with tempfile.NamedTemporaryFile() as file:
                file.write(data)
                file.flush()
                for _ in range(ROUNDS):
                    ours.append(pipeline(data, hidden))
                    if shutil.which("zstd"):
                        peer.append(zstd(Path(file.name)))
            seconds = statistics.median(ours)
            ratio = f"{seconds / statistics.median(peer):5.2f} of zstd -1" if peer else "no zstd"
            print(
                f"{style:>6}, {number:5} secrets: {seconds:6.3f} s, "
                f"{len(data) / seconds / 1e6:5.0f} MB/s, {ratio}, "
                f"memory +{growth(data, hidden)} KiB"
            )


if __name__ == "__main__":
    main()
