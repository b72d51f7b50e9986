"""Sizes and durations as the options of ``docker create`` write them. Pure."""

from __future__ import annotations

import re

_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_NANOSECONDS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9}
_NANOSECONDS["h"] = 60 * _NANOSECONDS["m"]
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")


def size(text: str) -> int:
    """``512m``, ``2g``, ``1.5gb`` in bytes; -1 stands for no limit. Raises ValueError."""
    if text == "-1":
        return -1
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no size: write 512m or 2g")
    return int(float(found[1]) * _SIZES[found[2].lower()])


def duration(text: str) -> int:
    """``10s``, ``1m30s``, ``500ms`` in nanoseconds. Raises ValueError."""
    parts = _PART.findall(text)
    if text == "0":
        return 0
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: write 10s or 1m30s")
    return int(sum(float(number) * _NANOSECONDS[unit] for number, unit in parts))
