"""Versions of agentmesh, of what it is made of and of what jobs would find on this machine."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from agentmesh import __version__

if TYPE_CHECKING:
    from agentmesh.app.settings import Settings

PACKAGES = ("click", "msgspec", "PyYAML", "zstandard", "ahocorasick_rs", "blake3")
PROGRAMS = (("bash", "--version"), ("git", "--version"), ("node", "--version"))
MISSING = "not found"


def versions(settings: Settings) -> dict[str, str]:
    """Name → version, or that it was not found; the store's place last."""
    import os

    found = {
        "agentmesh": __version__,
        "python": sys.version.split()[0],
        "system": f"{os.uname().sysname} {os.uname().release} {os.uname().machine}",
    }
    for package in PACKAGES:
        found[package] = package_version(package)
    for program, option in PROGRAMS:
        found[program] = _ask(program, option, settings)
    return found | {"store": settings.store}


def package_version(package: str) -> str:
    """The version of an installed package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return MISSING


def _ask(program: str, option: str, settings: Settings) -> str:
    """The first line that a program says about itself."""
    import shutil
    import subprocess

    path = shutil.which(program, path=settings.environ.get("PATH"))
    if path is None:
        return MISSING
    try:
        done = subprocess.run(
            (path, option),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"{path} does not answer"
    lines = done.stdout.splitlines()
    return f"{lines[0] if lines else '?'} ({path})"
