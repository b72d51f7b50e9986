"""Which place a job's runner labels ask for, and whether this machine has it.

Called by :mod:`agentmesh.plan.expand`. What a person said (``--platform``, agentmesh.toml) comes
first; else Ubuntu and plain self-hosted labels mean this machine, a label for another system or
another processor is not here, and a label that nobody knows is refused by name: a runner that
guessed would either skip the job in silence or run it in the wrong place. Labels ignore case
("Choosing the runner for a job" of GitHub's documentation); a job needs all of its labels.
"""

from __future__ import annotations

import re

import msgspec

from agentmesh.plan.model import HOST, Options


class Absent(msgspec.Struct, frozen=True):
    """No such machine here: why, and what to do about it."""

    message: str
    remedy: str


_SYSTEMS = {"linux": "Linux", "windows": "Windows", "macos": "macOS"}
_PROCESSORS = {"x64": "x64", "arm64": "ARM64", "arm": "ARM", "x86": "x86"}

# Also the names of larger runners (ubuntu-latest-4-cores) and of those who rent runners out
# (blacksmith-4vcpu-ubuntu-2204, depot-ubuntu-24.04-arm).
_UBUNTU = re.compile(r"(?:^|[-_])ubuntu(?:[-_\d.]|$)")
_WINDOWS = re.compile(r"(?:^|[-_])windows(?:[-_\d.]|$)")
_MACOS = re.compile(r"(?:^|[-_])(?:macos|osx|darwin)(?:[-_\d.]|$)")
_ARM = re.compile(r"[-_](?:arm|arm64|aarch64)(?:[-_]|$)")


def choose(labels: tuple[str, ...], options: Options) -> str | Absent:
    """``host`` or ``docker://IMAGE`` for a job with these labels, or why there is no such
    machine."""
    for label in labels:
        named = options.platforms.get(label.lower())
        if named is not None:
            return named
    for label in labels:
        absent = _missing(label, options)
        if absent is not None:
            return absent
    return HOST


def _missing(label: str, options: Options) -> Absent | None:
    asked = label.lower()
    if asked == "self-hosted":
        return None
    system, processor = _reads(asked)
    if not system and not processor:
        return Absent(
            f"no machine is known for the runner label '{label}'",
            f"say where it runs: --platform {label}=host, or --platform {label}=docker://IMAGE",
        )
    if system and system != options.os:
        return _elsewhere(label, _SYSTEMS[system], _SYSTEMS.get(options.os, options.os))
    if processor and processor != options.arch:
        return _elsewhere(
            label, _PROCESSORS[processor], _PROCESSORS.get(options.arch, options.arch)
        )
    return None


def _reads(label: str) -> tuple[str, str]:
    """The system and the processor that a label names; empty where it names none."""
    if label in _SYSTEMS:
        return label, ""
    if label in _PROCESSORS:
        return "", label
    for pattern, system in ((_UBUNTU, "linux"), (_WINDOWS, "windows"), (_MACOS, "macos")):
        if pattern.search(label):
            # Names of macOS runners say nothing reliable about the processor.
            return system, "arm64" if _ARM.search(label) and system != "macos" else ""
    return "", ""


def _elsewhere(label: str, asked: str, here: str) -> Absent:
    return Absent(
        f"no such machine here: '{label}' asks for {asked}, this machine is {here}",
        f"leave such jobs out with --skip-unavailable, or run them here all the same with "
        f"--platform {label}=host",
    )
