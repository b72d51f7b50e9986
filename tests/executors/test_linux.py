"""System calls through ctypes, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def run(script: str) -> str:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, select, signal\nfrom agentmesh.executors import linux\n" + script,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


def test_a_process_can_be_named():
    assert run("linux.name('a-name-of-over-15')\nprint(open('/proc/self/comm').read())") == (
        "a-name-of-over-"
    )


def test_the_end_of_a_child_is_an_event():
    script = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
events = linux.child_events()
print(len(select.select([events], [], [], 0)[0]), os.get_inheritable(events))
pid = os.posix_spawn("/bin/true", ["true"], {})
print(len(select.select([events], [], [], 60)[0]), os.waitpid(pid, 0)[1])
"""
    assert run(script).split() == ["0", "False", "1", "0"]


def test_orphans_come_to_a_subreaper():
    script = """
linux.become_subreaper()
reader, writer = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.read(reader, 1)
        os._exit(7)
    os._exit(0)
os.wait()
os.write(writer, b"x")
print(os.waitstatus_to_exitcode(os.wait()[1]))
"""
    assert run(script) == "7"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_hidden_process_cannot_be_read_by_its_like():
    script = """
linux.hide()
pid = os.getpid()
if os.fork() == 0:
    try:
        open(f"/proc/{pid}/environ").read()
    except PermissionError:
        print("denied", flush=True)
    os._exit(0)
os.wait()
"""
    assert run(script) == "denied"


def test_what_the_kernel_refuses_is_an_error():
    assert run("try:\n linux.setns(-1, 0)\nexcept OSError as e:\n print(e.errno)") == "9"
