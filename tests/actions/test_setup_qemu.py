"""``docker/setup-qemu-action``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentmesh.actions import setup_qemu
from agentmesh.core.errors import AgentmeshError, Unavailable
from fakes.images import allow_arm64, need


def test_programs_for_arm64_run_afterwards(bench: Any) -> None:
    need("qemu-aarch64-static")
    allow_arm64()
    bench.env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
    for asked in ("arm64", "linux/arm64,amd64", "arm64,linux/386"):
        done = bench.use(setup_qemu, platforms=asked)
        assert "linux/arm64" in done.outputs["platforms"].split(",")


def test_an_emulator_that_is_not_installed_is_named(bench: Any) -> None:
    with pytest.raises(Unavailable, match="no emulator for linux/loong64") as caught:
        bench.use(setup_qemu, platforms="loong64")
    assert "qemu-user-static" in caught.value.remedy


def test_what_is_no_platform_is_named(bench: Any) -> None:
    with pytest.raises(AgentmeshError, match="no platform"):
        bench.use(setup_qemu, platforms="z80", image="x", reset="false")


def test_a_registration_that_is_not_allowed_has_its_remedy(bench: Any, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in (("sh", "echo no right; exit 1"), ("qemu-mips64-static", "")):
        (folder / name).write_text(f"#!/bin/bash\n{script}\n")
        (folder / name).chmod(0o755)
    (folder / "qemu-riscv64-static").symlink_to(folder / "qemu-mips64-static")
    bench.env["PATH"] = str(folder)
    with pytest.raises(Unavailable, match="could not be registered for linux/riscv64: no right"):
        bench.use(setup_qemu, platforms="riscv64")
