"""Programs of this machine that a set-up action puts first on PATH. Blocks: call it in a thread."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable

import msgspec

from agentmesh.actions.toolchain.versions import Version, parse


class Program(msgspec.Struct, frozen=True):
    """A program and the version it says it has."""

    path: str
    version: Version

    @property
    def folder(self) -> str:
        return os.path.dirname(self.path)


def find(name: str, folders: Iterable[str], arguments: tuple[str, ...]) -> tuple[Program, ...]:
    """Each real file of a name in some folders, and what version it prints."""
    found: dict[str, Program] = {}
    for folder in folders:
        path = os.path.join(folder, name)
        real = os.path.realpath(path)
        if folder and real not in found and os.access(path, os.X_OK) and os.path.isfile(path):
            version = ask(path, arguments)
            if version is not None:
                found[real] = Program(path, version)
    return tuple(found.values())


def ask(path: str, arguments: tuple[str, ...]) -> Version | None:
    """The first version in what a program prints; None where it does not work."""
    try:
        done = subprocess.run(
            (path, *arguments), capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    number = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?(-?[a-z]+\.?\d+)?", done.stdout)
    if done.returncode != 0 or number is None:
        return None
    return parse(f"{number[1]}.{number[2]}.{number[3] or 0}{number[4] or ''}")


def link_all(programs: Iterable[str], folder: str) -> None:
    """A folder of links to programs, so that nothing else of theirs comes first on PATH."""
    os.makedirs(folder, exist_ok=True)
    for path in programs:
        link = os.path.join(folder, os.path.basename(path))
        if path == link:
            continue  # an earlier step of the job has put it there
        if os.path.lexists(link):
            os.unlink(link)
        if os.path.exists(path):
            os.symlink(path, link)
