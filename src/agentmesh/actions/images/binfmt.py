"""Programs of another processor, run by qemu: which are registered with the kernel, and how.

Called by ``docker/setup-qemu-action`` and before a build for another platform. Follows
Documentation/admin-guide/binfmt-misc.rst of the kernel and the tables of qemu-user-static. The
kernel is asked in the job's place, where the table is mounted if it is mounted nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Container

import msgspec

from agentmesh.actions.images.order import Place
from agentmesh.actions.images.words import Platform

MOUNT = "/proc/sys/fs/binfmt_misc"
MOUNTED = f"[ -e {MOUNT}/register ] || mount -t binfmt_misc binfmt_misc {MOUNT} 2>/dev/null"
"""A line of shell that has the kernel's table where it belongs, if that is allowed."""


class Emulator(msgspec.Struct, frozen=True):
    """How the programs of a processor begin, and what qemu calls it."""

    qemu: str
    magic: str
    mask: str = "ffffffffffffff00fffffffffffffffffeffffff"


_ELF64 = "7f454c460201010000000000000000000200"
_ELF32 = "7f454c460101010000000000000000000200"

EMULATORS: dict[str, Emulator] = {
    "amd64": Emulator("x86_64", _ELF64 + "3e00", "fffffffffffefe00fffffffffffffffffeffffff"),
    "386": Emulator("i386", _ELF32 + "0300", "fffffffffffefe00fffffffffffffffffeffffff"),
    "arm64": Emulator("aarch64", _ELF64 + "b700"),
    "arm": Emulator("arm", _ELF32 + "2800"),
    "ppc64le": Emulator("ppc64le", _ELF64 + "1500", "ffffffffffffff00fffffffffffffffffeffff00"),
    "riscv64": Emulator("riscv64", _ELF64 + "f300"),
    "s390x": Emulator(
        "s390x",
        "7f454c4602020100000000000000000000020016",
        "ffffffffffffff00fffffffffffffffffffeffff",
    ),
}


def runs(machine: Platform, wanted: Platform, emulated: Container[str]) -> bool:
    """Whether programs of a platform run here: its own, a lesser one, or an emulated one."""
    if wanted.arch == machine.arch or (machine.arch, wanted.arch) == ("amd64", "386"):
        return True
    return wanted.arch in emulated


async def emulated(place: Place) -> tuple[str, ...]:
    """The processors that are emulated here, in chroots too."""
    listing = f"cd {MOUNT} && for each in qemu-*; do echo @$each; cat $each; done"
    done = await place.run(("sh", "-c", f"{MOUNTED}; {listing}"), quiet=True)
    return understood(done.output)


def understood(listing: str) -> tuple[str, ...]:
    """The processors of a listing of registrations: enabled, and opened by the kernel already."""
    found = set()
    for entry in listing.split("@qemu-")[1:]:
        name, *lines = entry.splitlines()
        flags = next((line[7:] for line in lines if line.startswith("flags: ")), "")
        if lines[:1] == ["enabled"] and "F" in flags:
            found.add(name)
    return tuple(arch for arch, emulator in EMULATORS.items() if emulator.qemu in found)


def program(arch: str, path: str) -> str:
    """Where the static emulator of a processor lies; empty where it is not installed."""
    name = EMULATORS[arch].qemu if arch in EMULATORS else arch
    # Debian's own interpreter keeps argv[0], which some programs look at
    for place in (
        f"/usr/libexec/qemu-binfmt/{name}-binfmt-P",
        *(f"{folder}/qemu-{name}-static" for folder in path.split(":") if folder),
    ):
        if os.access(place, os.X_OK):
            return place
    return ""


def line(arch: str, interpreter: str) -> bytes:
    """What is written to ``register``. F: the kernel opens it now, so that a chroot has it too."""
    emulator = EMULATORS[arch]

    def escaped(digits: str) -> bytes:
        return b"".join(b"\\x%02x" % byte for byte in bytes.fromhex(digits))

    flags = "OPF" if interpreter.endswith("-P") else "OCF"
    return b":qemu-%s:M::%s:%s:%s:%s" % (
        emulator.qemu.encode(),
        escaped(emulator.magic),
        escaped(emulator.mask),
        interpreter.encode(),
        flags.encode(),
    )
