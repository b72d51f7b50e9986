"""What holds for the tests of every folder, and container engines for those that need real ones.

``docker`` and ``podman`` are started as ``agentmesh engine up`` starts them, from Debian's packages,
with their data in the user's cache folder. One engine serves all workers of a test run, and other
test runs at the same time: whoever comes first starts it, whoever leaves last ends it. A machine on
which an engine cannot be started fails the tests; it does not skip them.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings

from agentmesh.app.engines import answers
from agentmesh.executors import engine_up

# No test depends on how fast a machine is, or what else it does.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

IMAGE = "agentmesh-test:busybox"
"""A static busybox and nothing else: sh, httpd, nc, wget; no bash."""
GLIBC = "agentmesh-test:glibc"
"""The same with bash, and the libraries that this machine's bash and node need."""
PACKAGES = {
    "docker": ("docker.io", "iptables", "busybox-static"),
    "podman": ("podman", "runc", "netavark", "aardvark-dns", "busybox-static"),
}


class ContainerEngine(msgspec.Struct, frozen=True):
    """An engine that runs: where it listens, and the images in it."""

    kind: str
    socket: str
    image: str = IMAGE
    glibc: str = GLIBC

    @property
    def host(self) -> str:
        """What DOCKER_HOST is set to."""
        return f"unix://{self.socket}"

    def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """A request to the engine, with a client that is not the one under test."""
        connection = http.client.HTTPConnection("engine")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.socket)
        with contextlib.closing(connection):
            kind = "json" if body.startswith(b"{") else "x-tar"
            headers = {"Content-Type": f"application/{kind}"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
        try:
            return answer.status, json.loads(data)
        except ValueError:
            return answer.status, data.decode(errors="replace")

    def labelled(self, run: str = "") -> list[str]:
        """What agentmesh has made and not removed: containers and networks, of one run or all."""
        label = f"agentmesh.run={run}" if run else "agentmesh.run"
        query = "filters=" + json.dumps({"label": [label]}).replace(" ", "")
        query = query.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
        containers = self.ask("GET", f"/v1.40/containers/json?all=1&{query}")[1]
        networks = self.ask("GET", f"/v1.40/networks?{query}")[1]
        return [thing["Id"] for thing in (*containers, *networks)]


@pytest.fixture(scope="session")
def docker() -> Iterator[ContainerEngine]:
    """Docker's daemon."""
    with _shared("docker") as engine:
        yield engine


@pytest.fixture(scope="session")
def podman() -> Iterator[ContainerEngine]:
    """Podman's service."""
    with _shared("podman") as engine:
        yield engine


@pytest.fixture(scope="session")
def fill() -> Callable[[ContainerEngine], None]:
    """Bring the images of the tests into an engine."""
    return _import


@contextlib.contextmanager
def _shared(kind: str) -> Iterator[ContainerEngine]:
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(cache, "agentmesh-tests", kind)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder) as users:
        _install(kind)
        started = engine_up.start(str(folder), kind, answers, lambda text: None)
        engine = ContainerEngine(kind, started.socket)
        _import(engine)
        (users / str(os.getpid())).touch()
    try:
        yield engine
    finally:
        with _alone(folder) as users:
            (users / str(os.getpid())).unlink()
            if not any(users.iterdir()):
                engine_up.stop(str(folder))


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """While nobody else starts or ends the engine; the folder of those who use it, who all live."""
    users = folder / "users"
    users.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for user in users.iterdir():
            if not os.path.exists(f"/proc/{user.name}"):
                user.unlink(missing_ok=True)
        yield users


def _install(kind: str) -> None:
    """Debian's packages, where they are lacking and we may."""
    program = "dockerd" if kind == "docker" else "podman"
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if all(shutil.which(name, path=path) for name in (program, "busybox")):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES[kind]],
    ):
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _import(engine: ContainerEngine) -> None:
    for name, archive in ((IMAGE, _busybox), (GLIBC, _glibc)):
        if engine.ask("GET", f"/v1.40/images/{name}/json")[0] == 200:
            continue
        repository, tag = name.split(":")
        # Podman reads no tag beside the name, and Docker none in it.
        named = f"repo={repository}&tag={tag}" if engine.kind == "docker" else f"repo={name}"
        query = f"fromSrc=-&{named}&changes=ENV%20PATH=/usr/local/bin:/bin"
        status, said = engine.ask("POST", f"/v1.40/images/create?{query}", archive())
        assert status == 200, said


def _busybox(*more: str) -> bytes:
    """An archive with busybox, its programs, and more files of this machine."""
    program = "/bin/busybox"
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in ("bin", "etc", "tmp", "root", "usr/local/bin", "var"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(info)
        for path in dict.fromkeys((program, *_libraries(program), *more)):
            tar.add(os.path.realpath(path), arcname=path.lstrip("/"))
        for name in names.split():
            if name != "busybox" and f"/bin/{name}" not in more:
                info = tarfile.TarInfo(f"bin/{name}")
                info.type, info.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(info)
        for path, text in {
            "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nada:x:1234:1234::/tmp:/bin/sh\n",
            "etc/group": "root:x:0:\nada:x:1234:\n",
        }.items():
            info = tarfile.TarInfo(path)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _glibc() -> bytes:
    node = shutil.which("node") or str(Path(sys.executable).with_name("node"))
    needed = {"/bin/bash", *_libraries("/bin/bash"), *_libraries(node)}
    return _busybox(*sorted(needed))


def _libraries(program: str) -> list[str]:
    """The libraries that a program needs; none for a static one."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return [word for word in listed.split() if word.startswith("/")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names that differ from process to process: workers could not share such tests."""
    unstable = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if unstable:
        raise pytest.UsageError(f"give these tests ids: {unstable[0]} and {len(unstable) - 1} more")
