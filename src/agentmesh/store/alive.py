"""Whether a process that wrote down who it is still lives. Linux; called by history and blobs.

A process number alone says little: numbers are used again, and a reboot starts anew. So the boot
and the process's start time (field 22 of ``/proc/PID/stat``, in clock ticks) are kept with it.
"""

from __future__ import annotations

import os


def born(pid: int) -> str:
    """``boot/start`` of a living process, empty where there is none or ``/proc`` does not tell."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:
            boot = file.read().decode().strip().replace("-", "")
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The command's name stands in brackets and may hold anything, brackets too.
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {b"Z", b"X"} else f"{boot}/{fields[19].decode()}"


def lives(pid: int, since: str) -> bool:
    """Whether the process that was ``born`` so is alive. Without ``/proc``: whether a number is."""
    now = born(pid)
    if now or since:
        return now == since
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def owner() -> str:
    """A text that is of this process alone, and new each time: ``pid+boot/start+random``."""
    pid = os.getpid()
    return f"{pid}+{born(pid)}+{os.urandom(4).hex()}"


def owner_lives(text: str) -> bool:
    """Whether the process that made an :func:`owner` is alive."""
    pid, _, rest = text.partition("+")
    return pid.isdigit() and lives(int(pid), rest.partition("+")[0])
