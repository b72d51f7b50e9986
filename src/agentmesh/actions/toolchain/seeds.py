"""The pip that a new Python comes with. Blocks: call it in a thread.

Taken from what the interpreter itself carries (``ensurepip``, or Debian's folder of wheels), so it
needs no network: unpacked once for each interpreter, then hard-linked into each slot. Removing or
upgrading pip in a slot removes links and writes new files; the seed stays as it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable

import msgspec

from agentmesh.actions.toolchain.pythons import Facts
from agentmesh.actions.toolchain.versions import Version, parse


class Seed(msgspec.Struct, frozen=True):
    """A folder with packages, and the names in it."""

    folder: str
    names: tuple[str, ...]


def seed(executable: str, facts: Facts, root: str) -> Seed | None:
    """pip, and setuptools for a Python before 3.12; None where the interpreter carries neither."""
    wanted = ["pip"]
    version = parse(facts.version)
    if version is not None and version < Version(3, 12):
        wanted.append("setuptools")
    bundled = os.path.join(facts.stdlib, "ensurepip", "_bundled")
    wheels = [w for name in wanted if (w := _wheel(name, (bundled, facts.wheels)))]
    if not wheels:
        return None
    label = "-".join(os.path.basename(w).rsplit("-", 3)[0] for w in wheels)
    folder = os.path.join(root, "seeds", f"{facts.tag}-{label}")
    if not os.path.isdir(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with open(folder + ".lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(folder):
                _unpack(wheels, folder, executable)
    return Seed(folder, tuple(sorted(os.listdir(folder))))


def _wheel(name: str, folders: Iterable[str]) -> str | None:
    """The newest wheel of a name."""
    best: tuple[tuple[int, ...], str] | None = None
    for folder in folders:
        if folder and os.path.isdir(folder):
            for file in os.listdir(folder):
                parts = file.split("-")
                if parts[0] == name and file.endswith(".whl"):
                    rank = tuple(int(n) for n in parts[1].split(".") if n.isdigit())
                    if best is None or rank > best[0]:
                        best = rank, os.path.join(folder, file)
    return best[1] if best else None


_WARM = """
import sys
sys.path.insert(0, sys.argv[1])
try:
    from pip._internal.cli.main import main
except ImportError:
    from pip._internal import main
main(["install", "--quiet", "--no-index", "--target", sys.argv[1] + "/none", "no-such-package"])
"""
"""Has pip compile the modules that an installation uses: a second, saved in every slot."""


def _unpack(wheels: list[str], folder: str, executable: str) -> None:
    """Unpack and compile beside, then rename."""
    from zipfile import ZipFile

    fresh = tempfile.mkdtemp(dir=os.path.dirname(folder))
    for wheel in wheels:
        with ZipFile(wheel) as archive:
            archive.extractall(fresh)
    os.chmod(fresh, 0o755)
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            (executable, "-I", "-c", _WARM, fresh),
            capture_output=True,
            check=False,
            timeout=60,
            env={"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": os.devnull},
        )
    shutil.rmtree(os.path.join(fresh, "none"), ignore_errors=True)
    os.rename(fresh, folder)


def link_packages(source: Seed, packages: str) -> None:
    """Have a folder of packages hold the seed's, whatever was done to them there."""
    if all(_same(source.folder, packages, name) for name in source.names):
        return
    for name in source.names:
        target = os.path.join(packages, name)
        if os.path.isdir(target) and not os.path.islink(target):
            shutil.rmtree(target)
        elif os.path.lexists(target):
            os.unlink(target)
        place = os.path.join(source.folder, name)
        if os.path.isdir(place):
            shutil.copytree(place, target, copy_function=_link)
        else:
            _link(place, target)


def _same(source: str, packages: str, name: str) -> bool:
    """Whether a package is still the seed's. An installer that touches it writes its RECORD anew,
    and one that removes it takes its first file away."""
    for probe in ("RECORD", "__init__.py", ""):
        path = os.path.join(source, name, probe) if probe else os.path.join(source, name)
        if os.path.isfile(path):
            there = os.path.join(packages, name, probe) if probe else os.path.join(packages, name)
            try:
                return os.path.samefile(path, there)
            except FileNotFoundError:
                return False
    return os.path.isdir(os.path.join(packages, name))


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
