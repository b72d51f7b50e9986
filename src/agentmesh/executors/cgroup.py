"""What the processes of a container have taken: read from its control group.

Called by :mod:`agentmesh.executors.container`. Both layouts of Linux are read: "Control Group v2"
and the older hierarchies. Everything may be missing, or be unreadable; then it is None.
"""

from __future__ import annotations

import os

from agentmesh.ports.executor import Usage

_ROOT = "/sys/fs/cgroup"


class Gauge:
    """The control group of a process, between two moments."""

    def __init__(self, pid: int) -> None:
        self._cpu, self._peak, self._unit = _files(pid)
        self._cpu_before = self._cpu_now()
        self._reset()
        self._peak_before = _number(self._peak)

    def read(self) -> Usage:
        """What was taken since the gauge was made.

        The peak is known where it could be set back, or has risen since.
        """
        cpu, peak = self._cpu_now(), _number(self._peak)
        if peak is not None and not self._was_reset and peak == self._peak_before:
            peak = None
        spent = None if cpu is None or self._cpu_before is None else cpu - self._cpu_before
        return Usage(None if spent is None else max(0.0, spent), peak)

    def _reset(self) -> None:
        """Let the peak start anew; older hierarchies allow that to root."""
        self._was_reset = False
        if self._peak.endswith("max_usage_in_bytes"):
            try:
                with open(self._peak, "w", encoding="ascii") as file:
                    file.write("0")
                self._was_reset = True
            except OSError:
                return

    def _cpu_now(self) -> float | None:
        """Seconds of all processors, user and system."""
        if not self._cpu.endswith("cpu.stat"):
            spent = _number(self._cpu)
            return None if spent is None else spent / self._unit
        for line in _text(self._cpu).splitlines():
            name, _, value = line.partition(" ")
            if name == "usage_usec":
                return int(value) / self._unit
        return None


def _files(pid: int) -> tuple[str, str, float]:
    """Where the group of a process counts processor time and memory, and the unit of the former."""
    found: dict[str, str] = {}
    for line in _text(f"/proc/{pid}/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        for name in names.split(","):
            found[name] = path
    if "memory" not in found and "" in found:
        folder = _ROOT + found[""]
        return f"{folder}/cpu.stat", f"{folder}/memory.peak", 1e6
    cpu = f"{_ROOT}/cpuacct{found.get('cpuacct', '')}/cpuacct.usage"
    return cpu, f"{_ROOT}/memory{found.get('memory', '')}/memory.max_usage_in_bytes", 1e9


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except OSError:
        return ""


def _number(path: str) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() and os.path.isabs(path) else None
