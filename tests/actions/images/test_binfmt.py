"""Which programs run here, as the kernel's table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentmesh.actions.images import binfmt
from agentmesh.actions.images.words import platform

LISTING = """\
@qemu-aarch64
enabled
interpreter /usr/libexec/qemu-binfmt/aarch64-binfmt-P
flags: POF
offset 0
@qemu-arm
disabled
interpreter /x
flags: F
@qemu-s390x
enabled
interpreter /usr/bin/qemu-s390x-static
flags: OC
@qemu-unheard-of
enabled
flags: F
"""


def test_only_what_works_in_a_chroot_counts() -> None:
    assert binfmt.understood(LISTING) == ("arm64",)
    assert binfmt.understood("cat: 'qemu-*': No such file or directory\n@qemu-*\n") == ()


@pytest.mark.parametrize(
    ("machine", "wanted", "emulated", "runs"),
    [
        ("amd64", "amd64", (), True),
        ("amd64", "386", (), True),
        ("arm64", "386", (), False),
        ("amd64", "arm64", (), False),
        ("amd64", "arm64", ("arm64",), True),
        ("amd64", "arm/v7", ("arm64",), False),
    ],
)
def test_a_platform_runs_by_itself_or_emulated(
    machine: str, wanted: str, emulated: tuple[str, ...], runs: bool
) -> None:
    wanted = wanted if "/" not in wanted else f"linux/{wanted}"
    assert binfmt.runs(platform(machine), platform(wanted), emulated) is runs


def test_a_registration_reads_as_the_kernel_wants_it() -> None:
    line = binfmt.line("arm64", "/usr/bin/qemu-aarch64-static")
    parts = line.split(b":")
    assert parts[1:3] == [b"qemu-aarch64", b"M"]
    assert parts[4].startswith(rb"\x7f\x45\x4c\x46\x02\x01\x01")
    assert parts[4].count(b"\\x") == parts[5].count(b"\\x") == 20
    assert parts[6:] == [b"/usr/bin/qemu-aarch64-static", b"OCF"]
    assert binfmt.line("arm", "/x/arm-binfmt-P").endswith(b":OPF")


@pytest.mark.parametrize("arch", binfmt.EMULATORS)
def test_magic_and_mask_are_of_one_length(arch: str) -> None:
    emulator = binfmt.EMULATORS[arch]
    assert len(bytes.fromhex(emulator.magic)) == len(bytes.fromhex(emulator.mask)) == 20


def test_an_emulator_is_found_on_path(tmp_path: Path) -> None:
    assert binfmt.program("riscv64", str(tmp_path)) in (
        "",
        "/usr/libexec/qemu-binfmt/riscv64-binfmt-P",
    )
    there = tmp_path / "qemu-loong64-static"
    there.write_text("")
    there.chmod(0o755)
    assert binfmt.program("loong64", f":{tmp_path}") == str(there)
