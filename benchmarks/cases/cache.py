"""The cache beside the archive commands of the published client, on two trees.

The environment that this runs in (a virtual environment of some 300 MB), and 10,000 small modules
of node. The client makes a tar archive with zstd and unpacks it; its commands are run as it runs
them, without the upload and download that it has besides. Both programs restore into trees of
their own, so that neither profits from the other.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.case import Bench, Row
from benchmarks.measure import Command, Sample, median, once, spread

CLIENT = "tar and zstd"
SAVE = ("tar", "--posix", "-P", "--use-compress-program", "zstdmt", "-cf")
UNPACK = ("tar", "-P", "--use-compress-program", "unzstd", "-xf")


def run(bench: Bench) -> list[Row]:
    rows = []
    for what, fill in (
        ("a virtual environment", environment),
        (f"{bench.size(10_000, 50):,} small node modules", modules),
    ):
        rows += Trees(bench, what, fill).rows()
    rows.append(successive(bench))
    return rows


def environment(bench: Bench, root: Path) -> None:
    """What this Python has installed, a part of it where only the harness is to be tried."""
    source = Path(sys.prefix)
    wanted = (source / "lib") if not bench.quick else next((source / "lib").rglob("blake3"))
    shutil.copytree(wanted, root, symlinks=True)


def modules(bench: Bench, root: Path) -> None:
    """Modules as npm installs them: a file each, ten to a package, most of them small."""
    source = random.Random(7)
    words = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4000)]
    for number in range(bench.size(10_000, 50)):
        folder = root / f"package-{number // 10:04}"
        folder.mkdir(parents=True, exist_ok=True)
        text = " ".join(source.choices(words, k=min(6000, int(source.paretovariate(1.2) * 150))))
        (folder / f"module-{number % 10}.js").write_text(text)
        (folder / "package.json").write_text(f'{{"name":"{folder.name}","version":"1.0.{number}"}}')


class Trees:
    """Measures on one tree, of which each program has its own copy in a workspace."""

    def __init__(self, bench: Bench, what: str, fill: Callable[[Bench, Path], None]) -> None:
        self._bench = bench
        self._what = what
        self._folder = bench.directory / what.replace(" ", "-").replace(",", "")
        self._ours, self._theirs = (self._folder / name / "work" for name in ("ours", "theirs"))
        fill(bench, self._ours / "tree")
        shutil.copytree(self._ours, self._theirs, symlinks=True)
        self._archive = str(self._folder / "cache.tzst")
        self._keys = (f"{self._folder.name}-{number}" for number in count())
        self._rounds = min(bench.rounds, 5)
        self._first = next(self._keys)
        once(self._save(self._first))
        once(self._pack())

    def rows(self) -> list[Row]:
        return [
            self._row(f"saving {self._what}, unchanged", 1 / 3, self._unchanged()),
            self._row(f"restoring {self._what}, 99 % there", 1 / 13, self._nearly()),
            self._row(f"restoring {self._what} into nothing", 1.0, self._cold()),
        ]

    def _row(self, what: str, target: float, turns: Iterator[tuple[Sample, Sample]]) -> Row:
        next(turns)  # the first of each is not measured
        pairs = list(turns)
        ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return Row(
            what=what,
            ours=median(ours),
            theirs=median(theirs),
            against=CLIENT,
            target=target,
            quartiles=spread(ours, theirs),
        )

    def _unchanged(self) -> Iterator[tuple[Sample, Sample]]:
        for _ in range(self._rounds + 1):
            yield once(self._save(next(self._keys))), once(self._pack())

    def _nearly(self) -> Iterator[tuple[Sample, Sample]]:
        for number in range(self._rounds + 1):
            for tree in (self._ours, self._theirs):
                thin_out(tree / "tree", number)
            yield once(self._restore(self._ours)), once(self._unpack(self._theirs))

    def _cold(self) -> Iterator[tuple[Sample, Sample]]:
        for number in range(min(self._rounds, 3) + 1):
            empty = [self._folder / f"cold{number}{who}" / "work" for who in "ab"]
            for folder in empty:
                folder.mkdir(parents=True)
            yield once(self._restore(empty[0])), once(self._unpack(empty[1]))

    def _save(self, key: str) -> Command:
        args = ("cache", "save", "--key", key, "--path", "tree")
        return self._bench.command(self._ours, self._bench.agentmesh, *args)

    def _restore(self, cwd: Path) -> Command:
        args = ("cache", "restore", "--key", self._first, "--path", "tree")
        return self._bench.command(cwd, self._bench.agentmesh, *args)

    def _pack(self) -> Command:
        return self._bench.command(self._theirs, *SAVE, self._archive, "tree")

    def _unpack(self, cwd: Path) -> Command:
        return self._bench.command(cwd, *UNPACK, self._archive)


def thin_out(tree: Path, seed: int) -> None:
    """Take one file of a hundred away, the same ones in equal trees."""
    files = sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(tree) for name in names
    )
    for path in random.Random(seed).sample(files, max(1, len(files) // 100)):
        os.unlink(path)


def successive(bench: Bench) -> Row:
    """Ten lock files one after the other, each with another version of one package."""
    work = bench.directory / "locks" / "work"
    environment(bench, work / "tree")
    packages = sorted(
        (path for path in work.rglob("*") if path.is_dir() and (path / "__init__.py").exists()),
        key=lambda path: (len(path.parts), -sum(1 for _ in path.rglob("*.py"))),
    )[:5]
    archive = bench.directory / "locks" / "cache.tzst"
    store = bench.directory / "locks" / "store"
    theirs = 0
    for number in range(10):
        if number:
            bump(packages[number % len(packages)], number)
        args = ("cache", "save", "--key", f"lock-{number}", "--path", "tree")
        once(bench.command(work, bench.agentmesh, *args, "--store", str(store)))
        once(bench.command(work, *SAVE, str(archive), "tree"))
        theirs += archive.stat().st_size
    ours = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    return Row(
        what="ten successive lock files, kept",
        ours=ours / 1e6,
        theirs=theirs / 1e6,
        against=CLIENT,
        target=0.2 if not bench.quick else 1.0,
        unit="MB",
    )


def bump(package: Path, number: int) -> None:
    """Another version of a package: a third of its files differ, and all are compiled anew."""
    for index, path in enumerate(sorted(package.rglob("*.py"))):
        text = path.read_bytes()
        path.write_bytes(text + b"# version %d\n" % number if index % 3 == 0 else text)
    command = (sys.executable, "-m", "compileall", "-q", "-f", str(package))
    subprocess.run(command, check=False, capture_output=True)
