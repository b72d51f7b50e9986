"""What a case is given and what it gives back; the shape of the modules in benchmarks.cases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from benchmarks.measure import Command, Sample, alternate, median, repository, spread


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: what was compared with what, and the target for the ratio.

    ``ours`` and ``theirs`` are seconds, or whatever ``unit`` says.
    """

    what: str
    ours: float
    theirs: float
    against: str
    target: float
    unit: str = "s"
    quartiles: tuple[float, float] | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        return self.ratio <= self.target


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """The tools of a case: where to work, how to call both programs, how often to measure."""

    directory: Path
    agentmesh: str
    act: str
    python: str
    env: dict[str, str]
    rounds: int
    quick: bool

    def size(self, full: int, quick: int) -> int:
        """How much of it: a fraction where only the harness is to be tried."""
        return quick if self.quick else full

    def repo(self, name: str, workflow: str) -> Path:
        """A new repository with this workflow."""
        directory = self.directory / name
        directory.mkdir()
        repository(directory, workflow)
        return directory

    def command(self, cwd: Path, *argv: str) -> Command:
        return Command(argv=argv, cwd=str(cwd), env=self.env)

    def ours(self, cwd: Path, *args: str) -> Command:
        """``agentmesh run`` on a push."""
        return self.command(cwd, self.agentmesh, "run", "--event", "push", *args)

    def peer(self, cwd: Path, *args: str) -> Command:
        """The same with act, its jobs on the host too; without the services that no case uses."""
        host = ("-P", "ubuntu-latest=-self-hosted")
        return self.command(cwd, self.act, "push", *host, "--no-cache-server", *args)

    def compare(
        self,
        what: str,
        ours: Command,
        theirs: Command,
        *,
        target: float,
        against: str = "act",
        rounds: int = 0,
        note: str = "",
    ) -> tuple[Row, list[Sample], list[Sample]]:
        """Run both in turns, and make the row."""
        left, right = alternate(ours, theirs, rounds or self.rounds)
        row = Row(
            what=what,
            ours=median(left),
            theirs=median(right),
            against=against,
            target=target,
            quartiles=spread(left, right),
            note=note,
        )
        return row, left, right


class Case(Protocol):
    """A module of benchmarks.cases."""

    run: Callable[[Bench], list[Row]]
