"""One case a file; each says in its docstring what it measures and why."""

from __future__ import annotations

CASES = (
    "start",
    "version",
    "steps",
    "matrix",
    "diamond",
    "log",
    "stream",
    "planning",
    "cache",
    "hashfiles",
    "images",
    "lint",
)
"""The cases, in the order of the table; names of modules of this package."""
