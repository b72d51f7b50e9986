"""The process from which the init processes of jobs are forked.

Started by :class:`agentmesh.executors.spawner.Spawner` as a bare interpreter of its own, not forked
from agentmesh: a fork would show agentmesh's command line, environment and memory, secrets among
them, to every step that may read /proc/1. It is small (7 ms to start, beside agentmesh's own
imports), so forking a job's init process from it is fast.

It keeps its end of each job's socket until that job's init process has been reaped, and the kernel
lets a pid 1 be reaped only after its namespace is empty: when agentmesh sees the end of a job's
socket, everything in the job has ended, even if the job's init process was killed.
"""

from __future__ import annotations

import os
import select
from _socket import socket

from agentmesh.executors import jobinit, linux, tree, wire

CONTROL = 3
"""The descriptor of the socket to agentmesh. Standard input, output and error are /dev/null."""

NAMESPACE, USER, REAPER = range(3)


def main() -> None:
    """Serve until agentmesh is gone."""
    linux.name("agentmesh-jobs")
    linux.become_subreaper()
    os.set_inheritable(CONTROL, False)
    os.closerange(CONTROL + 1, os.sysconf("SC_OPEN_MAX"))  # what agentmesh's parent left open
    os.chdir("/")
    Zygote(socket(fileno=CONTROL)).serve()
    os._exit(0)  # agentmesh waits for us, and an interpreter takes 2 ms to clean up


class Zygote:
    """Forks a job's init process when it is asked to, and waits for all of them."""

    def __init__(self, control: socket) -> None:
        self._control = control
        self._events = linux.child_events()
        self._jobs: dict[int, socket] = {}  # pid of the init process → our end of the job's socket
        self._own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self._usable = {NAMESPACE: os.geteuid() == 0, USER: True, REAPER: True}

    def serve(self) -> None:
        poll = select.poll()
        poll.register(CONTROL, select.POLLIN)
        poll.register(self._events, select.POLLIN)
        open_ = True
        while open_ or self._jobs:
            for fd, _ in poll.poll():
                if fd == CONTROL and open_:
                    open_ = self._request()
                    if not open_:
                        poll.unregister(CONTROL)
                        self._end_jobs()
                else:
                    self._reap()

    def _request(self) -> bool:
        try:
            received = wire.receive(self._control)
        except OSError:
            return False
        if received is None:
            return False
        message, fds = received
        sock = socket(fileno=fds[0])
        try:
            self._open(sock, message[1])
        except OSError as error:
            wire.reply(sock, wire.NO_JOB, 0, error.errno or 0)
            sock.close()
        return True

    def _open(self, sock: socket, isolation: int) -> None:
        """Start a job in the wanted isolation, or in the next one that the kernel lets us have."""
        while isolation != REAPER:
            if self._usable[isolation]:
                try:
                    self._jobs[self._fork(sock, isolation)] = sock
                    return
                except OSError:
                    self._usable[isolation] = False
            isolation = REAPER
        self._jobs[self._fork(sock, isolation)] = sock

    def _fork(self, sock: socket, isolation: int) -> int:
        """A new init process; returns when it is ready. Raises OSError; nothing is left then."""
        ready, failed = os.pipe2(os.O_CLOEXEC)
        if isolation == NAMESPACE:
            linux.unshare(linux.CLONE_NEWPID)
        try:
            pid = os.fork()
            if pid == 0:
                os.close(ready)
                self._become(sock, isolation, failed)
        finally:
            os.close(failed)
            if isolation == NAMESPACE:
                linux.setns(self._own, linux.CLONE_NEWPID)
        try:
            number = os.read(ready, 16)
        finally:
            os.close(ready)
        if number != b"0":
            os.waitpid(pid, 0)
            raise OSError(int(number or 5), "the job's init process could not be set up")
        return pid

    def _become(self, sock: socket, isolation: int, failed: int) -> None:
        """In the child: be a job's init process to the end. Does not return."""
        try:
            self._control.close()
            os.close(self._events)
            os.close(self._own)
            for other in self._jobs.values():
                other.close()
            try:
                _isolate(isolation)
            except OSError as error:
                os.write(failed, str(error.errno).encode())
                return
            os.write(failed, b"0")
            os.close(failed)
            linux.name("agentmesh-job")
            linux.hide()
            wire.reply(sock, wire.UP, 0, isolation)
            jobinit.JobInit(sock, alone=isolation != REAPER).serve()
        finally:
            os._exit(0)

    def _end_jobs(self) -> None:
        """agentmesh is gone, or done with us."""
        for pid in self._jobs:
            os.kill(pid, linux.SIGKILL)

    def _reap(self) -> None:
        try:
            while os.read(self._events, 1024):
                pass
        except BlockingIOError:
            pass
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            sock = self._jobs.pop(pid, None)
            if sock is not None:
                self._end_orphans()
                sock.close()

    def _end_orphans(self) -> None:
        """What a job's init process left when it was killed has become ours; end it."""
        keep = set(self._jobs)

        def orphans() -> set[int]:
            processes = tree.table()
            mine = {p for p, about in processes.items() if about[0] == os.getpid()} - keep
            alive = {p for p in mine if processes[p][3] not in (b"Z", b"X")}
            return alive | tree.descendants(processes, alive)

        jobinit.end(orphans, lambda: True)


def _isolate(isolation: int) -> None:
    """Enter the namespaces of a job."""
    if isolation == REAPER:
        linux.become_subreaper()
        return
    if isolation == USER:
        _enter_user_namespace()
    linux.unshare(linux.CLONE_NEWNS)
    linux.own_mounts()


def _enter_user_namespace() -> None:
    """Become pid 1 of a new user and pid namespace, with the ids as they are outside.

    The process that calls this stays outside, as the one that waits for it.
    """
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWPID)
    for file, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {uid} 1"),
        ("gid_map", f"{gid} {gid} 1"),
    ):
        with open(f"/proc/self/{file}", "w") as target:
            target.write(text)
    pid = os.fork()
    if pid == 0:
        linux.die_with_parent()
    else:
        os.closerange(3, 1024)
        os.waitpid(pid, 0)
        os._exit(0)
