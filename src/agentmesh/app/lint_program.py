"""A program that lint asks about files: how it is called, and what becomes of its failures.

Called by :mod:`agentmesh.app.lint_zizmor` and :mod:`agentmesh.app.lint_shellcheck`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from tempfile import TemporaryFile
from typing import TypeVar

import msgspec

from agentmesh.core.problem import Problem
from agentmesh.lang.rules import tool_failed
from agentmesh.lang.rules.source import Source

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 5.0
"""Seconds that a call of a program may take, and"""
PER_CHARACTER = 2.0 / 100_000
"""as many more for each character that it reads; what people write takes a twentieth of it."""


class Failed(Exception):
    """A program that gave no findings; the text says why."""


class Slow(Failed):
    """A program that took too long; its parts would, too."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """An installed program, and how to call it."""

    name: str
    path: str
    env: Mapping[str, str]
    directory: str

    def run(self, *args: str, characters: int, codes: tuple[int, ...] = (0,)) -> str:
        """Its standard output, for so many ``characters`` that it is to read. Raises Failed where
        it does not end with one of the codes."""
        timeout = PATIENCE + characters * PER_CHARACTER
        try:
            # A file, as megabytes through a pipe take longer than what writes them.
            with TemporaryFile() as output:
                done = subprocess.run(
                    (self.path, *args),
                    env=dict(self.env),
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    timeout=timeout,
                    check=False,
                )
                output.seek(0)
                said = output.read()
        except subprocess.TimeoutExpired:
            raise Slow(f"it took longer than {timeout:.0f} s") from None
        except (OSError, ValueError) as error:
            raise Failed(f"it cannot be started: {error}") from None
        if done.returncode not in codes:
            raise Failed(_ended(done.returncode, done.stderr.decode(errors="replace")))
        return said.decode(errors="replace")


def _ended(code: int, said: str) -> str:
    """How a program ended, with the line of what it said that tells most."""
    lines = said.strip().splitlines()
    first = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "")
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"it ended with {how}" + (f": {first.strip()[:200]}" if first else "")


def in_parts(
    items: Sequence[T],
    ask: Callable[[Sequence[T]], list[R]],
    fail: Callable[[T, str], Iterable[R]],
) -> list[R]:
    """What ``ask`` finds about all items; one that makes it fail does not spoil the others.

    Where it fails, the halves are asked about, down to the item that is to blame; not so where it
    is too slow, as the halves would add to that.
    """
    if not items:
        return []
    try:
        return ask(items)
    except Failed as failed:
        if len(items) == 1:
            return list(fail(items[0], str(failed)))
        if isinstance(failed, Slow):
            more = f", for this and {len(items) - 1} others, which it did not check either"
            return list(fail(items[0], f"{failed}{more}"))
    half = len(items) // 2
    return in_parts(items[:half], ask, fail) + in_parts(items[half:], ask, fail)


def failure(program: Program, file: Source, why: str, line: int = 1, column: int = 1) -> Problem:
    """The finding that a program could not check a file."""
    place = file.span(file.offset(line, column))
    return tool_failed.META.problem(
        place, f"{program.name} failed: {why}", f"Update {program.name}, or lint with --no-tools."
    )
