"""An engine of agentmesh's own: started for somebody who is root, ended with all its processes.

Called by :mod:`agentmesh.app.engines`. Docker's daemon is started by hand, without an init system,
from Debian's docker.io; else Podman's service, with runc. Images lie below the store. What is
started is written down in ``engine.json``, so that another call can end it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

import msgspec

from agentmesh.core.errors import SetupError
from agentmesh.executors import tree

WAIT = 60.0
"""Seconds that an engine may take to answer, or to end."""
_RUN = "/run"
# Podman's defaults ask for limits that not every root may raise, and crun fails where the control
# groups of both versions are mounted.
_CONTAINERS_CONF = """[containers]
default_ulimits = ["nofile=20000:20000", "nproc=10000:10000"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """An engine that was started: its kind, where it listens, and its first process."""

    kind: str
    socket: str
    pid: int
    start: int
    """When the process started, in clock ticks since boot: numbers are used again."""
    log: str


def start(
    folder: str, kind: str, answers: Callable[[str], bool], say: Callable[[str], None]
) -> Started:
    """Start an engine whose files lie in ``folder``, and wait until it answers; one that runs
    already is left alone. ``kind`` is docker, podman, or empty for what is there.

    Raises SetupError, with the end of the engine's log where it does not come up.
    """
    if os.geteuid():
        raise SetupError(
            "an engine can only be started as root",
            remedy="become root, or install rootless Podman, which needs no start: "
            "systemctl --user start podman.socket",
        )
    running = read(folder)
    if running is not None:
        return running
    kind = _installed(kind)
    place = _short(folder)
    os.makedirs(place, mode=0o700, exist_ok=True)
    socket, log = f"{place}/{kind}.sock", os.path.join(folder, f"{kind}.log")
    argv, environment = _command(kind, folder, place, socket)
    say(f"starting {' '.join(argv)}")
    with open(log, "wb") as file:
        process = subprocess.Popen(  # it outlives us: its pid is written down
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    deadline = time.monotonic() + WAIT
    while not answers(socket):
        code = process.poll()
        if code is not None or time.monotonic() > deadline:
            _end(process.pid)
            why = f"ended with exit code {code}" if code is not None else "does not answer"
            raise SetupError(f"{argv[0]} {why}:\n{_tail(log)}", remedy=f"see {log}")
        time.sleep(0.02)
    begun = tree.table()[process.pid][2]
    process.returncode = 0  # nobody is to wait for it
    found = Started(kind=kind, socket=socket, pid=process.pid, start=begun, log=log)
    _write(folder, found)
    return found


def read(folder: str) -> Started | None:
    """The engine that was started here; None where none is running."""
    try:
        with open(os.path.join(folder, "engine.json"), "rb") as file:
            found = msgspec.json.decode(file.read(), type=Started)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        return None
    process = tree.table().get(found.pid)
    return found if process is not None and process[2:] == (found.start, process[3]) else None


def stop(folder: str) -> Started | None:
    """End the engine that was started here, its containers and every process it has started.

    Returns what was ended; None where nothing was running. Raises SetupError where one remains.
    """
    found = read(folder)
    if found is not None:
        if found.kind == "podman":  # its containers are no children of the service
            _remove_containers(folder, os.path.dirname(found.socket))
        left = _end(found.pid) | _end_strays(folder, os.path.dirname(found.socket))
        if left:
            raise SetupError(
                f"processes of the engine have not ended: {', '.join(map(str, sorted(left)))}",
                remedy="look for processes in state D, waiting for a disk",
            )
        _unmount(folder)
        _unmount(os.path.dirname(found.socket))
        shutil.rmtree(os.path.dirname(found.socket), ignore_errors=True)
    try:
        os.unlink(os.path.join(folder, "engine.json"))
    except FileNotFoundError:
        return found
    return found


def _end(pid: int) -> set[int]:
    """End a process and all that descends from it: gently first. What is left then."""
    ours = _family(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    gentle = time.monotonic() + WAIT / 2  # a daemon ends its containers first
    last = time.monotonic() + WAIT
    while True:
        ours |= _family(pid)
        processes = tree.table()
        ours = {p for p in ours if p in processes and processes[p][3] not in (b"Z", b"X")}
        _reap(pid)
        if not ours or time.monotonic() > last:
            return ours
        if pid not in ours or time.monotonic() > gentle:
            for each in ours:
                try:
                    os.kill(each, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        time.sleep(0.02)


def _end_strays(folder: str, place: str) -> set[int]:
    """End what an engine has started that is no child of it: Podman's watchers of containers wait
    five minutes after a process has ended. What is left then.

    They are known by the engine's own folders, which stand in their command lines.
    """
    marks = [f"{path}/".encode() for path in (os.path.join(folder, "podman"), place)]
    last = time.monotonic() + WAIT
    while True:
        strays = {
            pid
            for pid, about in tree.table().items()
            if about[3] not in (b"Z", b"X") and pid != os.getpid() and _names(pid, marks)
        }
        if not strays or time.monotonic() > last:
            return strays
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _names(pid: int, marks: list[bytes]) -> bool:
    """Whether a process of root's was started with one of these paths."""
    try:
        if os.stat(f"/proc/{pid}").st_uid:
            return False
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
    except OSError:
        return False
    programs = (b"conmon", b"podman", b"aardvark-dns", b"containerd-shim-runc-v2", b"runc")
    known = words[0].rpartition(b"/")[2] in programs
    return known and any(mark in word + b"/" for word in words[1:] for mark in marks)


def _family(pid: int) -> set[int]:
    processes = tree.table()
    alive = {pid} if pid in processes and processes[pid][3] not in (b"Z", b"X") else set()
    return alive | tree.descendants(processes, [pid])


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # another call has started it


def _installed(kind: str) -> str:
    programs = {"docker": "dockerd", "podman": "podman"}
    for name, program in programs.items():
        if kind in ("", name) and shutil.which(program, path=_path()):
            return name
    raise SetupError(
        f"there is no {programs[kind] if kind else 'dockerd or podman'} on this machine",
        remedy="apt-get install --no-install-recommends docker.io iptables"
        if kind != "podman"
        else "apt-get install --no-install-recommends podman runc netavark aardvark-dns",
    )


def _command(kind: str, folder: str, place: str, socket: str) -> tuple[list[str], dict[str, str]]:
    environment = {"PATH": _path(), "HOME": folder}
    if kind == "docker":
        config = os.path.join(folder, "daemon.json")
        with open(config, "w", encoding="ascii") as file:
            file.write("{}\n")  # not the one of the machine's own daemon
        options = {
            "--config-file": config,
            "--data-root": os.path.join(folder, "docker"),
            "--exec-root": f"{place}/exec",
            "--pidfile": f"{place}/docker.pid",
            "--host": f"unix://{socket}",
        }
        return ["dockerd", *(part for pair in options.items() for part in pair)], environment
    config = os.path.join(folder, "containers.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(_CONTAINERS_CONF)
    environment["CONTAINERS_CONF"] = config
    argv = [*_podman(folder, place), "system", "service", "--time", "0", f"unix://{socket}"]
    return argv, environment


def _podman(folder: str, place: str) -> list[str]:
    places = {
        "--root": os.path.join(folder, "podman"),
        "--runroot": f"{place}/run",
        "--tmpdir": f"{place}/tmp",
    }
    return ["podman", *(part for pair in places.items() for part in pair)]


def _remove_containers(folder: str, place: str) -> None:
    argv = [*_podman(folder, place), "rm", "--all", "--force", "--time", "0"]
    environment = {"PATH": _path(), "HOME": folder}
    environment["CONTAINERS_CONF"] = os.path.join(folder, "containers.conf")
    subprocess.run(argv, env=environment, check=False, capture_output=True, timeout=WAIT)


def _path() -> str:
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _short(folder: str) -> str:
    """A place for sockets, whose paths may have 107 bytes: the same for the same folder."""
    name = hashlib.sha256(os.path.abspath(folder).encode()).hexdigest()[:12]
    return f"{_RUN}/agentmesh-{name}"


def _unmount(folder: str) -> None:
    """Let go of what a daemon that was killed had mounted below a folder."""
    with open("/proc/self/mounts", encoding="utf-8", errors="replace") as file:
        places = [line.split()[1] for line in file]
    for place in sorted(places, reverse=True):
        if place.startswith(folder + "/"):
            subprocess.run(["/bin/umount", "-l", place], check=False, capture_output=True)


def _write(folder: str, found: Started) -> None:
    path = os.path.join(folder, "engine.json")
    with open(path + ".new", "wb") as file:
        file.write(msgspec.json.encode(found))
    os.replace(path + ".new", path)


def _tail(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return "".join(file.readlines()[-15:]).rstrip()
