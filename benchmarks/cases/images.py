"""An image built anew after one source file has changed: what a run costs on top of the builder.

Against ``buildah build`` on the same tree, with a storage of its own that is as warm. The image has
a step that takes a while before the changed file, which must not run again, and one after it that
reads as much as a small compiler does. Needs root and buildah; elsewhere the case has no rows.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from benchmarks.case import Bench, Row
from benchmarks.measure import Command

WORKFLOW = """
on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: .
          tags: localhost/bench:1
"""
DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
COPY data /data
RUN cat /data /data | sha256sum > /before
COPY src.txt /src.txt
RUN for each in $(seq {work}); do cat /data | sha256sum > /after; done
"""
CHANGE = "date +%s%N > src.txt; "


def run(bench: Bench) -> list[Row]:
    busybox = shutil.which("busybox")
    if os.geteuid() != 0 or busybox is None or shutil.which("buildah") is None:
        print("images: needs root, buildah and a static busybox; left out", file=sys.stderr)
        return []
    repo = bench.repo("images", WORKFLOW)
    lay(repo, busybox, work=bench.size(16, 1), megabytes=bench.size(32, 1))
    theirs = bench.directory / "theirs"
    shutil.copytree(repo, theirs)
    storage = f"--root {bench.directory}/storage --runroot {bench.directory}/running"
    build = f"buildah --storage-driver overlay {storage} build --isolation chroot --layers"
    row, _, _ = bench.compare(
        "an image with one changed source file",
        changed(bench, repo, f"exec {bench.agentmesh} run --event push"),
        changed(bench, theirs, f"exec unshare --mount {build} --format docker -t bench:1 ."),
        target=1.2,
        against="buildah build",
    )
    return [row]


def lay(folder: Path, busybox: str, *, work: int, megabytes: int) -> None:
    """The tree that is built from."""
    shutil.copy(busybox, folder / "busybox")
    (folder / "data").write_bytes(os.urandom(1 << 20) * megabytes)
    (folder / "src.txt").write_text("1\n")
    (folder / "Dockerfile").write_text(DOCKERFILE.format(work=work))


def changed(bench: Bench, folder: Path, command: str) -> Command:
    """A command after a change to the one source file."""
    return bench.command(folder, "sh", "-c", CHANGE + command)
