"""What a minute on GitHub's runners costs, by the label of ``runs-on``.

Called by :mod:`agentmesh.plan.estimate`. Follows "Actions runner pricing" of GitHub's billing
reference (US dollars, as of 2026) for the labels of "GitHub-hosted runners"; the names of larger
runners are up to their owners, so those that say their system and their cores
(``ubuntu-24.04-8-cores``, ``windows-latest-16core``, ``linux-arm64-4-core``) are read, and others
have to be given a price. Runners in public repositories, and those of one's own, cost nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec


class Rate(msgspec.Struct, frozen=True):
    """The label that decided, and its price in US dollars a minute; None where it is not known.

    ``billed`` is false for one's own machines: their minutes count nowhere.
    """

    label: str
    per_minute: float | None
    billed: bool = True


_LINUX = {
    1: 0.002, 2: 0.006, 4: 0.012, 8: 0.022, 16: 0.042, 32: 0.082, 64: 0.162, 96: 0.252,
}  # fmt: skip
_LINUX_ARM = {2: 0.005, 4: 0.008, 8: 0.014, 16: 0.026, 32: 0.050, 64: 0.098}
_WINDOWS = {2: 0.010, 4: 0.022, 8: 0.042, 16: 0.082, 32: 0.162, 64: 0.322, 96: 0.552}
_WINDOWS_ARM = {2: 0.008, 4: 0.014, 8: 0.026, 16: 0.050, 32: 0.098, 64: 0.194}
_MACOS = {"": 0.062, "-intel": 0.062, "-large": 0.077, "-xlarge": 0.102}

_TABLES = {
    ("linux", False): _LINUX,
    ("linux", True): _LINUX_ARM,
    ("windows", False): _WINDOWS,
    ("windows", True): _WINDOWS_ARM,
}
_HOSTED = re.compile(
    r"(?P<system>ubuntu|linux|windows)"
    r"(?P<version>-(?:latest|slim|\d{2}\.\d{2}|20\d\d|11))?"
    r"(?P<tail>(?:-(?:x64|arm|arm64|vs\d{4}|\d+-?cores?))*)"
)
_APPLE = re.compile(r"macos-(?:latest|\d+)(?P<size>-intel|-large|-xlarge)?")
_CORES = re.compile(r"-(\d+)-?cores?")


def rate(labels: tuple[str, ...], own: Mapping[str, float]) -> Rate:
    """The price of a job with these labels. ``own`` are prices by label, in lower case: they win.

    ``linux`` and ``windows`` alone are labels of one's own machines, and not GitHub's.
    """
    for label in labels:
        if label.lower() in own:
            return Rate(label, own[label.lower()])
    if any(label.lower() == "self-hosted" for label in labels):
        return Rate("self-hosted", 0.0, billed=False)
    for label in labels:
        price = _preset(label.lower())
        if price is not None:
            return Rate(label, price)
    return Rate(labels[0] if labels else "", None)


def _preset(label: str) -> float | None:
    apple = _APPLE.fullmatch(label)
    if apple is not None:
        return _MACOS[apple["size"] or ""]
    hosted = _HOSTED.fullmatch(label)
    if hosted is None:
        return None
    cores = _CORES.search(hosted["tail"])
    if cores is None and not hosted["version"]:
        return None
    size = int(cores[1]) if cores else 1 if hosted["version"] == "-slim" else 2
    system = "windows" if hosted["system"] == "windows" else "linux"
    return _TABLES[system, "-arm" in hosted["tail"]].get(size)
