"""What tests of images need and no registry of the world gives: programs, base images, a registry.

A program is a few instructions that print a text, so that each processor has one without a
compiler; a registry is Debian's docker-registry on a free port of the loopback interface.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = {
    "buildah": "buildah",
    "docker-registry": "docker-registry",
    "qemu-aarch64-static": "qemu-user-static",
}
HTPASSWD = "ada:$2b$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n"
"""Ada's password is ``s3cret``."""


def need(*programs: str) -> None:
    """Fail where a program is missing and could be installed; skip where it could not."""
    for program in programs:
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            message = f"{program} is missing: apt-get install {PACKAGES.get(program, program)}"
            pytest.fail(message) if os.geteuid() == 0 else pytest.skip(message)
    if os.geteuid() != 0:
        pytest.skip("building images here needs root")


def own_mounts(folder: Path) -> str:
    """A PATH on which buildah has mounts of its own, as in a job: what it leaves mounted goes with
    it, and the folders of a test can be removed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "buildah"
    path.write_text('#!/bin/sh\nexec unshare --mount /usr/bin/buildah "$@"\n')
    path.chmod(0o755)
    return f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"


def program(arch: str, text: str) -> bytes:
    """An executable of Linux for a processor that prints a text and ends well."""
    said = text.encode()
    if arch == "amd64":
        code = bytes.fromhex("b801000000bf01000000488d3511000000ba") + struct.pack("<I", len(said))
        code += bytes.fromhex("0f05b83c00000031ff0f05")
        machine = 62
        # the text follows the code: lea counts from the instruction after it
        code = code[:13] + struct.pack("<i", len(code) - 17) + code[17:]
    else:
        words = [0xD2800020, 0x10000000, 0xD2800002 | len(said) << 5, 0xD2800808, 0xD4000001]
        words += [0xD2800000, 0xD2800BA8, 0xD4000001]
        words[1] |= ((len(words) - 1) << 5) | 1
        code = b"".join(struct.pack("<I", word) for word in words)
        machine = 183
    base, start = 0x400000, 64 + 56
    body = code + said
    size = start + len(body)
    head = b"\x7fELF" + bytes([2, 1, 1, 0]) + bytes(8)
    head += struct.pack("<HHIQQQ", 2, machine, 1, base + start, 64, 0)
    head += struct.pack("<IHHHHHH", 0, 64, 56, 1, 64, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x10000) + body


def write_program(path: Path, arch: str, text: str) -> None:
    path.write_bytes(program(arch, text))
    path.chmod(0o755)


class Registry:
    """A running registry; ``host`` is what images are named after."""

    def __init__(self, host: str) -> None:
        self.host = host

    def manifest(self, name: str, tag: str) -> tuple[bytes, str]:
        """A manifest and its digest, as the registry has them."""
        kinds = (
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
        )
        url = f"http://{self.host}/v2/{name}/manifests/{tag}"
        asked = urllib.request.Request(url, headers={"Accept": ", ".join(kinds)})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.read(), answer.headers["Docker-Content-Digest"]

    def blob(self, name: str, digest: str) -> bytes:
        url = f"http://{self.host}/v2/{name}/blobs/{digest}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            data: bytes = answer.read()
            return data


@contextlib.contextmanager
def registry(folder: Path, *, passwords: str = "") -> Iterator[Registry]:
    """Start a registry, and end it. ``passwords`` are lines of an htpasswd file."""
    need("docker-registry")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    auth = ""
    if passwords:
        (folder / "htpasswd").write_text(passwords)
        auth = f"auth: {{htpasswd: {{realm: test, path: {folder}/htpasswd}}}}\n"
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\n{auth}"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/usr/bin/docker-registry", "serve", str(folder / "config.yml")],
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port, process, folder / "log")
        yield Registry(f"localhost:{port}")
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers, or is gone."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail(f"docker-registry did not start: {log.read_text()[-500:]}")


def allow_arm64() -> None:
    """Have this machine run programs for arm64, as docker/setup-qemu-action does in a job."""
    from agentmesh.actions.images import binfmt

    need("qemu-aarch64-static")
    text = binfmt.line("arm64", binfmt.program("arm64", "/usr/bin")).decode()
    script = f'[ -e "$0" ] || printf %s "$1" > {binfmt.MOUNT}/register'
    entry = f"{binfmt.MOUNT}/qemu-aarch64"
    # two tests at once may both find it missing: what counts is that it is there then
    subprocess.run(
        ("sh", "-c", f"{binfmt.MOUNTED}; {script}", entry, text), check=False, capture_output=True
    )
    assert Path(entry).exists()
