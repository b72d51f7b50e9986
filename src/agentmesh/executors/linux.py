"""The few system calls that Python 3.11 does not offer, through ctypes.

Used by the spawner's processes (:mod:`agentmesh.executors.zygote`, which is off the critical path),
and by :mod:`agentmesh.executors.host` where the kernel gives us no namespaces. Errors are OSError.
"""

from __future__ import annotations

import ctypes
import os

SIGKILL = 9
SIGCHLD = 17
SIGCONT = 18
SIGSTOP = 19

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000

_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_SLAVE = 2, 4, 8, 0x4000, 0x80000
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_CHILD_SUBREAPER = 1, 4, 15, 36
_SFD_CLOEXEC, _SFD_NONBLOCK = 0o2000000, 0o4000

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Leave namespaces; with CLONE_NEWPID, the next child becomes pid 1 of a new one."""
    _check(_libc.unshare(flags))


def setns(fd: int, kind: int) -> None:
    """Enter a namespace; with CLONE_NEWPID it is the next children that do."""
    _check(_libc.setns(fd, kind))


def own_mounts() -> None:
    """After CLONE_NEWNS: mounts made here stay here, and /proc shows this pid namespace alone.

    Slave, not private: a disk that is unmounted outside is not kept busy by a job.
    """
    _check(_libc.mount(None, b"/", None, _MS_REC | _MS_SLAVE, None))
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None))


def become_subreaper() -> None:
    """Orphans among the descendants become children of this process."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))


def die_with_parent() -> None:
    """Be killed when the process that forked this one ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))


def hide() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0))


def name(text: str) -> None:
    """What ``ps`` calls this process; 15 bytes."""
    _check(_libc.prctl(_PR_SET_NAME, text.encode()[:15], 0, 0, 0))


def child_events() -> int:
    """A descriptor that is readable when a child has ended. SIGCHLD must be blocked."""
    mask = (1 << (SIGCHLD - 1)).to_bytes(128, "little")
    fd: int = _libc.signalfd(-1, mask, _SFD_CLOEXEC | _SFD_NONBLOCK)
    _check(fd)
    return fd


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
