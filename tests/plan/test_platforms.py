"""Which labels mean this machine."""

from __future__ import annotations

import pytest

from agentmesh.plan.model import Options
from agentmesh.plan.platforms import Absent, choose

HERE = Options(os="linux", arch="x64")


@pytest.mark.parametrize(
    "labels",
    [
        ("ubuntu-latest",),
        ("Ubuntu-Latest",),
        ("ubuntu-24.04",),
        ("ubuntu-slim",),
        ("ubuntu-latest-4-cores",),
        ("self-hosted",),
        ("self-hosted", "Linux", "X64"),
        ("linux",),
        ("blacksmith-4vcpu-ubuntu-2204",),
        ("depot-ubuntu-22.04-8",),
    ],
)
def test_these_run_here(labels: tuple[str, ...]) -> None:
    assert choose(labels, HERE) == "host"


@pytest.mark.parametrize(
    ("labels", "asked"),
    [
        (("windows-latest",), "Windows"),
        (("windows-2022",), "Windows"),
        (("macos-14-xlarge",), "macOS"),
        (("macOS-latest",), "macOS"),
        (("self-hosted", "windows"), "Windows"),
        (("ubuntu-24.04-arm",), "ARM64"),
        (("self-hosted", "ARM64"), "ARM64"),
        (("depot-ubuntu-24.04-arm-4",), "ARM64"),
    ],
)
def test_these_are_not_here(labels: tuple[str, ...], asked: str) -> None:
    absent = choose(labels, HERE)
    assert isinstance(absent, Absent)
    assert f"asks for {asked}" in absent.message
    assert "--skip-unavailable" in absent.remedy


@pytest.mark.parametrize("labels", [("gpu",), ("self-hosted", "gpu"), ("ubunut-latest",)])
def test_a_label_nobody_knows_is_named(labels: tuple[str, ...]) -> None:
    absent = choose(labels, HERE)
    assert isinstance(absent, Absent)
    assert absent.message == f"no machine is known for the runner label '{labels[-1]}'"
    assert f"--platform {labels[-1]}=host" in absent.remedy


def test_what_a_person_said_comes_first() -> None:
    options = Options(
        platforms={"gpu": "host", "windows-latest": "docker://x", "ubuntu-latest": "docker://u"}
    )
    assert choose(("GPU",), options) == "host"
    assert choose(("windows-latest",), options) == "docker://x"
    assert choose(("self-hosted", "gpu"), options) == "host"
    assert choose(("ubuntu-latest",), options) == "docker://u"


def test_another_machine_has_other_labels() -> None:
    mac = Options(os="macos", arch="arm64")
    assert choose(("macos-latest",), mac) == "host"
    assert isinstance(choose(("ubuntu-latest",), mac), Absent)
    assert choose(("ubuntu-24.04-arm",), Options(os="linux", arch="arm64")) == "host"
