"""``python -m benchmarks [--quick] [--rounds N] [--write PAGE] [CASE…]``; called by ``make bench``.

Exits 1 when a target is missed, 3 when a program is not there. ``--quick`` tries the harness out on
small inputs: it judges no target.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import cast

from benchmarks import report
from benchmarks.case import Bench, Case, Row
from benchmarks.cases import CASES
from benchmarks.measure import Failed

PROGRAMS = {"agentmesh": "make", "act": "make", "git": "git", "zstd": "zstd"}
"""What is run, and where it comes from when it is not there."""


def environment(home: Path) -> dict[str, str]:
    """The same small environment for all programs, with a home and a store of their own."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    return kept | {
        "HOME": str(home),
        "AGENTMESH_HOME": str(home / "store"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "NO_COLOR": "1",
    }


def program(name: str) -> str:
    """Where a program is: beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        print(f"benchmarks: there is no {name} here; install {PROGRAMS[name]}", file=sys.stderr)
        sys.exit(3)
    return found


def measure(names: list[str], rounds: int, quick: bool) -> list[Row]:
    """Run the cases, each in a folder of its own, and say how each went at once."""
    rows: list[Row] = []
    for name in names:
        case = cast("Case", importlib.import_module(f"benchmarks.cases.{name}"))
        with tempfile.TemporaryDirectory(prefix="agentmesh-bench-") as folder:
            home = Path(folder, "home")
            home.mkdir()
            bench = Bench(
                directory=Path(folder),
                agentmesh=program("agentmesh"),
                act=program("act"),
                python=sys.executable,
                env=environment(home),
                rounds=rounds,
                quick=quick,
            )
            for row in case.run(bench):
                print("  ".join(report.cells(row, judge=not quick)), file=sys.stderr, flush=True)
                rows.append(row)
    return rows


def versions() -> str:
    """The programs that were compared."""
    said = [
        subprocess.run((program(name), "--version"), capture_output=True, text=True, check=True)
        for name in ("agentmesh", "act")
    ]
    return ", ".join(done.stdout.strip().replace(" version", "") for done in said)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=7, help="runs of each program (7)")
    parser.add_argument("--quick", action="store_true", help="try the harness on small inputs")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write the table as Markdown")
    args = parser.parse_args()
    unknown = set(args.cases) - set(CASES)
    if unknown:
        parser.error(f"no case is called {', '.join(sorted(unknown))}")
    for name in PROGRAMS:
        program(name)
    rounds = 1 if args.quick else args.rounds
    try:
        rows = measure(args.cases or list(CASES), rounds, args.quick)
    except Failed as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    print(report.text(rows, judge=not args.quick))
    if args.write:
        args.write.write_text(report.page(rows, rounds, versions()))
    return 0 if args.quick or all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
